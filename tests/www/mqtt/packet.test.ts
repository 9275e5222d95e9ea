import { describe, expect, it } from 'vitest';
import { MalformedPacket } from '@/mqtt/bytes';
import {
  decodePacket,
  encodeConnect,
  encodePing,
  encodePuback,
  encodePublish,
  encodeSubscribe,
  PacketStream,
  type Packet,
} from '@/mqtt/packet';
import { bytes, text } from '../support/bytes';

describe('encoding', () => {
  it('writes CONNECT for MQTT 5 with clean start and neither user nor password', () => {
    expect([...encodeConnect('web-1', 30)]).toEqual([
      ...[0x10, 23, 0, 4, ...text('MQTT'), 5, 0x02, 0, 30],
      ...[5, 0x27, 0, 0x40, 0, 0, 0, 5, ...text('web-1')],
    ]);
  });

  it('writes one SUBSCRIBE for all filters', () => {
    const packet = encodeSubscribe(1, [
      { filter: 'u/a', qos: 1 },
      { filter: 'u/#', qos: 0 },
    ]);
    expect([...packet]).toEqual([
      ...[0x82, 15, 0, 1, 0],
      ...[0, 3, ...text('u/a'), 1],
      ...[0, 3, ...text('u/#'), 0],
    ]);
  });

  it('writes PUBLISH with QoS 1 and without retain', () => {
    const packet = encodePublish(7, 'u/x', 'ü');
    expect([...packet]).toEqual([0x32, 10, 0, 3, ...text('u/x'), 0, 7, 0, 0xc3, 0xbc]);
  });

  it('writes lengths above 127 as two bytes', () => {
    const packet = encodePublish(1, 't', 'x'.repeat(200));
    expect([...packet.subarray(0, 3)]).toEqual([0x32, 0xce, 0x01]);
    expect(packet.length).toBe(3 + 206);
  });

  it('writes the small ones', () => {
    expect([...encodePuback(0x1234)]).toEqual([0x40, 2, 0x12, 0x34]);
    expect([...encodePing()]).toEqual([0xc0, 0]);
  });
});

describe('decoding', () => {
  it('reads CONNACK with properties we use and those we pass over', () => {
    const body = bytes(
      ...[0, 0, 27],
      ...[0x13, 0, 60], // server keep alive
      ...[0x21, 0, 10], // receive maximum
      ...[0x26, 0, 1, ...text('k'), 0, 1, ...text('v')],
      ...[0x12, 0, 5, ...text('owb-1')],
      ...[0x2a, 1, 0x25, 1],
      ...[0x22, 0],
    );
    body[2] = body.length - 3 + 1;
    const packet = decodePacket(0x20, bytes(...body, 0));
    expect(packet.type).toBe('connack');
    if (packet.type !== 'connack') return;
    expect(packet.reason).toBe(0);
    expect(packet.properties.numbers.get(0x13)).toBe(60);
    expect(packet.properties.numbers.get(0x21)).toBe(10);
    expect(packet.properties.texts.get(0x12)).toBe('owb-1');
  });

  it('reads PUBLISH with QoS 0 and the retain flag', () => {
    expect(decodePacket(0x31, bytes(0, 3, ...text('a/b'), 0, ...text('42')))).toEqual({
      type: 'publish',
      id: null,
      message: { topic: 'a/b', payload: '42', retained: true },
    });
  });

  it('reads PUBLISH with QoS 1 and properties', () => {
    const packet = decodePacket(0x32, bytes(0, 1, ...text('t'), 0, 9, 2, 0x01, 1, ...text('x')));
    expect(packet).toEqual({
      type: 'publish',
      id: 9,
      message: { topic: 't', payload: 'x', retained: false },
    });
  });

  it('takes a payload that is no text for no value', () => {
    const packet = decodePacket(0x30, bytes(0, 1, ...text('t'), 0, 0xff, 0xfe));
    expect(packet).toMatchObject({ message: { payload: '' } });
  });

  it('reads PUBACK and DISCONNECT in their short and long forms', () => {
    expect(decodePacket(0x40, bytes(0, 5))).toEqual({
      type: 'puback',
      id: 5,
      reason: 0,
    });
    expect(decodePacket(0x40, bytes(0, 5, 0x87, 0))).toEqual({
      type: 'puback',
      id: 5,
      reason: 0x87,
    });
    expect(decodePacket(0xe0, bytes())).toEqual({
      type: 'disconnect',
      reason: 0,
    });
    expect(decodePacket(0xe0, bytes(0x8b))).toEqual({
      type: 'disconnect',
      reason: 0x8b,
    });
  });

  const malformed: [string, number, number[]][] = [
    ['topic longer than the packet', 0x30, [0, 9, ...text('t')]],
    ['QoS 3', 0x36, [0, 1, ...text('t'), 0, 1, 0]],
    ['QoS 2, never asked for', 0x34, [0, 1, ...text('t'), 0, 1, 0]],
    ['unknown property', 0x30, [0, 1, ...text('t'), 2, 0x7f, 0]],
    ['topic that is not UTF-8', 0x30, [0, 1, 0xff, 0]],
    ['property length of five bytes', 0x30, [0, 1, ...text('t'), 0x80, 0x80, 0x80, 0x80, 1]],
    ['CONNACK without reason', 0x20, [0]],
    ['SUBSCRIBE from a server', 0x82, [0, 1, 0]],
    ['reserved type', 0x00, []],
  ];
  it.each(malformed)('refuses %s', (_name, first, body) => {
    expect(() => decodePacket(first, bytes(...body))).toThrow(MalformedPacket);
  });
});

describe('PacketStream', () => {
  const stream = bytes(
    ...[0x20, 3, 0, 0, 0],
    ...[0x90, 4, 0, 1, 0, 0],
    ...[0x30, 6, 0, 1, ...text('t'), 0, ...text('hi')],
    ...[0xd0, 0],
  );
  const types = ['connack', 'suback', 'publish', 'pingresp'];

  const read = (...parts: Uint8Array[]): Packet['type'][] => {
    const packets = new PacketStream();
    return parts.flatMap((part) => [...packets.push(part)].map((packet) => packet.type));
  };

  it('splits several packets in one frame', () => {
    expect(read(stream)).toEqual(types);
  });

  it('joins packets cut at any byte', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(read(stream.subarray(0, cut), stream.subarray(cut))).toEqual(types);
    }
    expect(read(...Array.from(stream, (byte) => bytes(byte)))).toEqual(types);
  });

  it('refuses a packet larger than agreed before it has arrived', () => {
    expect(() => read(bytes(0x30, 0x81, 0x80, 0x80, 0x02))).toThrow(MalformedPacket);
    expect(() => read(bytes(0x30, 0xff, 0xff, 0xff, 0xff))).toThrow(MalformedPacket);
  });

  it('survives any bytes: packets or MalformedPacket, nothing else', () => {
    let seed = 1;
    const random = (): number => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff;
    for (let round = 0; round < 3000; round++) {
      const noise = Uint8Array.from({ length: 40 }, () => Math.floor(random() * 256));
      if (round % 2 === 0) noise[0] = [0x20, 0x30, 0x32, 0x40, 0x90, 0xe0][round % 6] ?? 0;
      noise[1] = Math.floor(random() * 38);
      try {
        read(noise);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedPacket);
      }
    }
  });
});
