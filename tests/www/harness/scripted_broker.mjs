// One tenant's broker and home by script: retained values, orders obeyed or not.
import { obey } from './homes.mjs';
import * as wire from './wire.mjs';

const kStepMs = 2000;
const kObeyMs = 700;

/**
 * `options`: `values(now)` of the home, `cloud` for U/cloud/home, `frozen` (clock and values stand still
 * at that time), `obeys`, `reason` of every PUBACK.
 */
export class ScriptedBroker {
  constructor(user, options) {
    this.user = user;
    this.options = { obeys: true, reason: 0, frozen: null, ...options };
    this.sockets = new Map();
    this.orders = [];
    this.changed = {};
    this.timer = setInterval(() => this.step(), kStepMs);
  }

  close() {
    clearInterval(this.timer);
    for (const socket of this.sockets.keys()) socket.close();
  }

  values() {
    const now = this.options.frozen ?? Date.now() / 1000;
    const all = { ...this.options.values(now), ...this.changed };
    return Object.entries(all).map(([topic, value]) => [
      `${this.user}/openWB/${topic}`,
      String(value),
    ]);
  }

  accept(socket) {
    this.sockets.set(socket, []);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('message', (data) => {
      for (const packet of wire.packets(data)) this.handle(socket, packet);
    });
  }

  handle(socket, packet) {
    if (packet.type === 1) socket.send(wire.connack(this.options.refuse ?? 0));
    if (packet.type === 12) socket.send(wire.pingresp());
    if (packet.type === 8) this.subscribe(socket, wire.readSubscribe(packet.body));
    if (packet.type === 3) this.order(socket, wire.readPublish(packet));
  }

  subscribe(socket, { id, filters }) {
    this.sockets.set(socket, filters);
    const granted = Buffer.alloc(filters.length);
    socket.send(wire.packet(0x90, Buffer.from([id >> 8, id & 255, 0]), granted));
    const retained = [[`${this.user}/cloud/home`, JSON.stringify(this.options.cloud)]];
    if (this.options.cloud) this.deliver([socket], retained, true);
    this.deliver([socket], this.values(), true);
  }

  order(socket, message) {
    this.orders.push(message);
    socket.send(wire.puback(message.id, this.options.reason));
    const topic = message.topic.slice(`${this.user}/openWB/`.length);
    const effect = obey(topic, message.payload);
    if (!effect || !this.options.obeys || this.options.reason >= 0x80) return;
    setTimeout(() => {
      const [status, value] = effect;
      const stored = status.endsWith('manual_lock') ? value === 'true' : value;
      this.changed[status] = stored;
      this.deliver(this.sockets.keys(), [[`${this.user}/openWB/${status}`, String(stored)]], false);
    }, kObeyMs);
  }

  step() {
    if (this.options.frozen === null) this.deliver(this.sockets.keys(), this.values(), false);
  }

  deliver(sockets, messages, retained) {
    for (const socket of sockets) {
      const filters = this.sockets.get(socket) ?? [];
      const wanted = messages.filter(([topic]) => filters.some((f) => wire.matches(f, topic)));
      const packets = wanted.map(([topic, value]) => wire.publish(topic, value, retained));
      if (packets.length > 0) socket.send(Buffer.concat(packets));
    }
  }
}
