// The few MQTT 5 packets a scripted broker needs. Not for anything but tests of the dashboard.

function string(text) {
  const data = Buffer.from(text);
  return Buffer.concat([Buffer.from([data.length >> 8, data.length & 255]), data]);
}

function length(value) {
  const bytes = [];
  do {
    const rest = Math.floor(value / 128);
    bytes.push((value % 128) | (rest > 0 ? 128 : 0));
    value = rest;
  } while (value > 0);
  return Buffer.from(bytes);
}

export function packet(first, ...parts) {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([first]), length(body.length), body]);
}

export const connack = (reason = 0) => packet(0x20, Buffer.from([0, reason, 0]));
export const pingresp = () => packet(0xd0);
export const puback = (id, reason) => packet(0x40, Buffer.from([id >> 8, id & 255, reason, 0]));
export const disconnect = (reason) => packet(0xe0, Buffer.from([reason, 0]));
export const publish = (topic, payload, retained) =>
  packet(0x30 | (retained ? 1 : 0), string(topic), Buffer.from([0]), Buffer.from(payload));

/** Splits what a client sent into packets: `{ type, flags, body }`. */
export function* packets(buffer) {
  let at = 0;
  while (at < buffer.length) {
    const first = buffer[at];
    const size = readLength(buffer, at + 1);
    yield {
      type: first >> 4,
      flags: first & 15,
      body: buffer.subarray(size.end, size.end + size.value),
    };
    at = size.end + size.value;
  }
}

function readLength(buffer, at) {
  let value = 0;
  for (let factor = 1; ; factor *= 128, at++) {
    value += (buffer[at] & 127) * factor;
    if (buffer[at] < 128) return { value, end: at + 1 };
  }
}

/** Topic, packet id and payload of a PUBLISH with QoS 1. */
export function readPublish({ flags, body }) {
  const end = 2 + body.readUInt16BE(0);
  const properties = readLength(body, end + 2);
  return {
    topic: body.subarray(2, end).toString(),
    id: body.readUInt16BE(end),
    payload: body.subarray(properties.end + properties.value).toString(),
    qos: (flags >> 1) & 3,
    retain: (flags & 1) === 1,
  };
}

/** Reason of a CONNACK. */
export const readConnack = ({ body }) => body[1];

/** Filters of a SUBSCRIBE, with its packet id. */
export function readSubscribe(body) {
  const properties = readLength(body, 2);
  const filters = [];
  for (let at = properties.end + properties.value; at < body.length;) {
    const size = body.readUInt16BE(at);
    filters.push(body.subarray(at + 2, at + 2 + size).toString());
    at += 2 + size + 1;
  }
  return { id: body.readUInt16BE(0), filters };
}

export function matches(filter, topic) {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true;
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}
