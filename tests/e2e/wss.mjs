// MQTT over WebSocket from outside a browser, where every header can be forged.
import { createRequire } from 'node:module';
import { packets, readConnack } from '../www/harness/wire.mjs';
import { ca, url } from './stack.mjs';

const require = createRequire(new URL('../../www/package.json', import.meta.url));
const { WebSocket } = require('ws');

const string = (text) => [text.length >> 8, text.length & 255, ...Buffer.from(text)];
const kConnect = [0x10, 19, ...string('MQTT'), 5, 2, 0, 30, 0, ...string('e2e-id')];

export function subscribe(filter) {
  const body = [0, 1, 0, ...string(filter), 0];
  return Buffer.from([0x82, body.length, ...body]);
}

/**
 * Opens a WebSocket and sends CONNECT without user and password. Resolves to `{ http }` if the upgrade is
 * refused, else to `{ reason, socket, next }`: the reason of the CONNACK, and the packets after it.
 */
export function connectMqtt(headers) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace('https:', 'wss:') + '/mqtt', 'mqtt', { headers, ca });
    const received = [];
    const waiting = [];
    const next = () =>
      received.length > 0
        ? Promise.resolve(received.shift())
        : new Promise((take) => waiting.push(take));
    socket.on('unexpected-response', (_request, response) => {
      resolve({ http: response.statusCode });
      socket.terminate();
    });
    socket.on('error', reject);
    socket.on('open', () => socket.send(Buffer.from(kConnect)));
    socket.on('message', (data) => {
      for (const packet of packets(data)) {
        if (packet.type === 2) resolve({ reason: readConnack(packet), socket, next });
        else if (waiting.length > 0) waiting.shift()(packet);
        else received.push(packet);
      }
    });
  });
}
