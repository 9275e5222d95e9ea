/** Reading and writing of MQTT 5 field types. Errors are thrown and end the connection. */

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What a peer sent is not MQTT 5. */
export class MalformedPacket extends Error {
  override name = 'MalformedPacket';
}

export const kMaxVariableInteger = 268_435_455;

/** Grows as needed; packets of a browser are small. */
export class Writer {
  private readonly bytes: number[] = [];

  u8(value: number): this {
    this.bytes.push(value & 0xff);
    return this;
  }

  u16(value: number): this {
    return this.u8(value >> 8).u8(value);
  }

  u32(value: number): this {
    return this.u16(value >>> 16).u16(value & 0xffff);
  }

  /** Variable byte integer [MQTT5-1.5.5-1]. */
  variable(value: number): this {
    let rest = value;
    do {
      const digit = rest % 128;
      rest = Math.floor(rest / 128);
      this.u8(rest > 0 ? digit | 0x80 : digit);
    } while (rest > 0);
    return this;
  }

  raw(data: ArrayLike<number>): this {
    for (let i = 0; i < data.length; i++) this.u8(data[i] ?? 0);
    return this;
  }

  utf8(text: string): this {
    const data = encoder.encode(text);
    if (data.length > 0xffff) throw new RangeError('MQTT string longer than 65535 bytes');
    return this.u16(data.length).raw(data);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.bytes);
  }
}

/** Reads one packet's body in specification order. */
export class Reader {
  private position = 0;

  constructor(private readonly data: Uint8Array) {}

  get left(): number {
    return this.data.length - this.position;
  }

  u8(): number {
    return this.take(1)[0] ?? 0;
  }

  u16(): number {
    return this.u8() * 0x100 + this.u8();
  }

  u32(): number {
    return this.u16() * 0x10000 + this.u16();
  }

  variable(): number {
    let value = 0;
    for (let factor = 1; factor <= 128 ** 3; factor *= 128) {
      const digit = this.u8();
      value += (digit & 0x7f) * factor;
      if (digit < 0x80) return value;
    }
    throw new MalformedPacket('variable byte integer longer than 4 bytes');
  }

  binary(): Uint8Array {
    return this.take(this.u16());
  }

  utf8(): string {
    return textOf(this.binary());
  }

  rest(): Uint8Array {
    return this.take(this.left);
  }

  /** A reader over the next `length` bytes. */
  part(length: number): Reader {
    return new Reader(this.take(length));
  }

  private take(length: number): Uint8Array {
    if (length > this.left) throw new MalformedPacket('packet shorter than its fields');
    const from = this.position;
    this.position += length;
    return this.data.subarray(from, this.position);
  }
}

/** Decodes UTF-8 strictly. Throws MalformedPacket. */
export function textOf(data: Uint8Array): string {
  try {
    return decoder.decode(data);
  } catch {
    throw new MalformedPacket('text is not UTF-8');
  }
}
