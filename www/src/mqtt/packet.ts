/** The MQTT 5 packets a dashboard sends and receives. Bytes in, values out; knows no socket. */
import { kMaxVariableInteger, MalformedPacket, Reader, textOf, Writer } from './bytes';
import { kProperty, readProperties, type Properties } from './properties';

export type Qos = 0 | 1;

export interface Subscription {
  readonly filter: string;
  readonly qos: Qos;
}

export interface Message {
  readonly topic: string;
  readonly payload: string;
  /** True if the broker had it stored, false if it was published just now. */
  readonly retained: boolean;
}

export type Packet =
  | { type: 'connack'; reason: number; properties: Properties }
  | { type: 'suback'; id: number; reasons: readonly number[] }
  | { type: 'puback'; id: number; reason: number }
  | { type: 'publish'; id: number | null; message: Message }
  | { type: 'pingresp' }
  | { type: 'disconnect'; reason: number };

/** Largest packet we accept; told to the broker in CONNECT. A 2.x day log has 750 kB. */
export const kMaxPacketBytes = 4 * 1024 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;

function frame(first: number, body: Writer): Bytes {
  const bytes = body.finish();
  return new Writer().u8(first).variable(bytes.length).raw(bytes).finish();
}

/** CONNECT without user and password: the session cookie of the upgrade is the credential. */
export function encodeConnect(clientId: string, keepAliveSeconds: number): Bytes {
  const body = new Writer().utf8('MQTT').u8(5);
  body.u8(0x02); // clean start
  body.u16(keepAliveSeconds);
  body.variable(5).u8(kProperty.maximumPacketSize).u32(kMaxPacketBytes);
  body.utf8(clientId);
  return frame(0x10, body);
}

export function encodeSubscribe(id: number, subscriptions: readonly Subscription[]): Bytes {
  const body = new Writer().u16(id).variable(0);
  for (const { filter, qos } of subscriptions) body.utf8(filter).u8(qos);
  return frame(0x82, body);
}

/** PUBLISH with QoS 1 and not retained: the only kind a dashboard sends. */
export function encodePublish(id: number, topic: string, payload: string): Bytes {
  const body = new Writer().utf8(topic).u16(id).variable(0).raw(new TextEncoder().encode(payload));
  return frame(0x32, body);
}

export function encodePuback(id: number): Bytes {
  return frame(0x40, new Writer().u16(id));
}

export function encodePing(): Bytes {
  return frame(0xc0, new Writer());
}

export function encodeDisconnect(): Bytes {
  return frame(0xe0, new Writer());
}

/** Collects bytes of the stream and hands out whole packets: frames and packets need not agree. */
export class PacketStream {
  private buffer: Uint8Array = new Uint8Array(0);

  /** Throws MalformedPacket; after that the connection must be given up. */
  *push(data: Uint8Array): Generator<Packet> {
    this.buffer = this.buffer.length === 0 ? data : joined(this.buffer, data);
    for (;;) {
      const size = packetSize(this.buffer);
      if (size === null || this.buffer.length < size.total) return;
      const body = this.buffer.subarray(size.header, size.total);
      const first = this.buffer[0] ?? 0;
      this.buffer = this.buffer.subarray(size.total);
      yield decodePacket(first, body);
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Sizes of the packet at the start of `data`, null if its header is not complete. */
function packetSize(data: Uint8Array): { header: number; total: number } | null {
  let length = 0;
  for (let i = 1; i <= 4; i++) {
    const digit = data[i];
    if (digit === undefined) return null;
    length += (digit & 0x7f) * 128 ** (i - 1);
    if (digit >= 0x80) continue;
    if (length > Math.min(kMaxPacketBytes, kMaxVariableInteger)) {
      throw new MalformedPacket(`packet of ${length} bytes is larger than agreed`);
    }
    return { header: i + 1, total: i + 1 + length };
  }
  throw new MalformedPacket('packet length longer than 4 bytes');
}

/** Decodes one packet. `first` is the fixed header's first byte. Throws MalformedPacket. */
export function decodePacket(first: number, body: Uint8Array): Packet {
  const packet = new Reader(body);
  switch (first >> 4) {
    case 2:
      packet.u8(); // session present: never with clean start
      return { type: 'connack', reason: packet.u8(), properties: readProperties(packet) };
    case 3:
      return decodePublish(first & 0x0f, packet);
    case 4: {
      const id = packet.u16();
      return { type: 'puback', id, reason: packet.left > 0 ? packet.u8() : 0 };
    }
    case 9: {
      const id = packet.u16();
      readProperties(packet);
      return { type: 'suback', id, reasons: [...packet.rest()] };
    }
    case 13:
      return { type: 'pingresp' };
    case 14:
      return { type: 'disconnect', reason: packet.left > 0 ? packet.u8() : 0 };
    default:
      throw new MalformedPacket(`unexpected packet type ${first >> 4}`);
  }
}

function decodePublish(flags: number, packet: Reader): Packet {
  const qos = (flags >> 1) & 0x03;
  if (qos > 1) throw new MalformedPacket('PUBLISH with a QoS we did not ask for');
  const topic = packet.utf8();
  const id = qos === 0 ? null : packet.u16();
  readProperties(packet);
  const message = { topic, payload: lenientText(packet.rest()), retained: (flags & 1) !== 0 };
  return { type: 'publish', id, message };
}

/** A home may publish any bytes; those that are not UTF-8 count as no value. */
function lenientText(payload: Uint8Array): string {
  try {
    return textOf(payload);
  } catch {
    return '';
  }
}
