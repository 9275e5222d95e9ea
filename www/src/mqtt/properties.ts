import { MalformedPacket, type Reader } from './bytes';

/** MQTT 5 property identifiers we use; all others are read and passed over. */
export const kProperty = {
  serverKeepAlive: 0x13,
  reasonString: 0x1f,
  receiveMaximum: 0x21,
  maximumPacketSize: 0x27,
} as const;

type Kind = 'u8' | 'u16' | 'u32' | 'variable' | 'utf8' | 'binary' | 'pair';

const kKinds: Readonly<Record<number, Kind>> = {
  0x01: 'u8',
  0x02: 'u32',
  0x03: 'utf8',
  0x08: 'utf8',
  0x09: 'binary',
  0x0b: 'variable',
  0x11: 'u32',
  0x12: 'utf8',
  0x13: 'u16',
  0x15: 'utf8',
  0x16: 'binary',
  0x1a: 'utf8',
  0x1c: 'utf8',
  0x1f: 'utf8',
  0x21: 'u16',
  0x22: 'u16',
  0x23: 'u16',
  0x24: 'u8',
  0x25: 'u8',
  0x26: 'pair',
  0x27: 'u32',
  0x28: 'u8',
  0x29: 'u8',
  0x2a: 'u8',
};

export interface Properties {
  readonly numbers: ReadonlyMap<number, number>;
  readonly texts: ReadonlyMap<number, string>;
}

export const kNoProperties: Properties = { numbers: new Map(), texts: new Map() };

/** Reads a property block. Throws MalformedPacket for an unknown identifier [MQTT5-2.2.2.2]. */
export function readProperties(packet: Reader): Properties {
  const block = packet.part(packet.variable());
  if (block.left === 0) return kNoProperties;
  const numbers = new Map<number, number>();
  const texts = new Map<number, string>();
  while (block.left > 0) {
    const id = block.variable();
    const kind = kKinds[id];
    if (kind === undefined) throw new MalformedPacket(`unknown property ${id}`);
    if (kind === 'utf8') texts.set(id, block.utf8());
    else if (kind === 'binary') block.binary();
    else if (kind === 'pair') {
      block.utf8();
      block.utf8();
    } else numbers.set(id, block[kind]());
  }
  return { numbers, texts };
}
