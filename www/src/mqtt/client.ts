import { Backoff } from './backoff';
import { MalformedPacket } from './bytes';
import {
  encodeConnect,
  encodeDisconnect,
  encodePing,
  encodePuback,
  encodePublish,
  encodeSubscribe,
  PacketStream,
  type Message,
  type Packet,
  type Subscription,
} from './packet';
import { kProperty } from './properties';

export const kKeepAliveSeconds = 30;
const kConnackMs = 15_000;
const kTickMs = 1_000;
const kProbeMs = 5_000;
const kStableMs = 10_000;
const kPublishAckMs = 60_000;
const kNotAuthorized = 0x87;

/** What `GET /api/session` says about the cookie. */
export type SessionCheck = 'valid' | 'expired' | 'away';

/** How the connection to the server stands. */
export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  /** `away`: the server does not answer at all. `retryAt` is in milliseconds of Date.now(). */
  | { readonly kind: 'waiting'; readonly away: boolean; readonly retryAt: number }
  | { readonly kind: 'paused' }
  | { readonly kind: 'expired' };

export type Receipt = { kind: 'acknowledged'; reason: number } | { kind: 'lost' };

/** The part of a browser's WebSocket that we use. */
export interface Socket {
  binaryType: BinaryType;
  readonly readyState: number;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** The outside world of a client; a test gives another one. */
export interface ClientPort {
  openSocket(): Socket;
  checkSession(): Promise<SessionCheck>;
  readonly random: () => number;
  readonly clientId: string;
}

export interface ClientEvents {
  message(message: Message): void;
  state(state: LinkState): void;
}

const kSocketOpen = 1;
const kSubscribeId = 1;

/** One MQTT 5 connection over WebSocket that comes back by itself until the session has expired. */
export class MqttClient {
  private state: LinkState = { kind: 'connecting' };
  private subscriptions: readonly Subscription[] | null = null;
  private readonly backoff: Backoff;
  private closed = false;

  // Of the current socket.
  private socket: Socket | null = null;
  private introduced = false;
  private stream = new PacketStream();
  private keepAliveMs = kKeepAliveSeconds * 1000;
  private receiveMaximum = 0xffff;
  private openSince = 0;
  private lastReceived = 0;
  private lastSent = 0;
  private ticker: ReturnType<typeof setInterval> | undefined;
  private deadline: ReturnType<typeof setTimeout> | undefined;
  private nextId = kSubscribeId;
  private readonly unacknowledged = new Map<number, (receipt: Receipt) => void>();

  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** Counts connections and answers that are no longer waited for. */
  private epoch = 0;

  constructor(
    private readonly port: ClientPort,
    private readonly events: ClientEvents,
  ) {
    this.backoff = new Backoff(port.random);
  }

  /** Opens the socket. CONNECT follows as soon as `identify` has told what to subscribe to. */
  connect(): void {
    if (this.closed || this.socket) return;
    clearTimeout(this.retryTimer);
    const epoch = ++this.epoch;
    this.stream = new PacketStream();
    this.keepAliveMs = kKeepAliveSeconds * 1000;
    this.receiveMaximum = 0xffff;
    this.introduced = false;
    this.openSince = 0;
    this.nextId = kSubscribeId;
    const socket = this.port.openSocket();
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.introduce();
    };
    socket.onmessage = (event) => {
      if (epoch === this.epoch) this.receive(event.data);
    };
    socket.onclose = () => {
      if (epoch === this.epoch) this.lost();
    };
    this.socket = socket;
    this.enter({ kind: 'connecting' });
    this.expectWithin(kConnackMs);
  }

  /** Says what this connection is for; known once the session has been read. */
  identify(subscriptions: readonly Subscription[]): void {
    this.subscriptions = subscriptions;
    this.introduce();
  }

  /** Sends an order: QoS 1, not retained, now or not at all. */
  publish(topic: string, payload: string): Promise<Receipt> {
    if (this.state.kind !== 'open' || this.unacknowledged.size >= this.receiveMaximum) {
      return Promise.resolve({ kind: 'lost' });
    }
    const id = this.freeId();
    this.send(encodePublish(id, topic, payload));
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.settle(id, { kind: 'lost' });
      }, kPublishAckMs);
      this.unacknowledged.set(id, (receipt) => {
        clearTimeout(timer);
        resolve(receipt);
      });
    });
  }

  /** The page was shown, came online or was restored: is the connection still there? */
  wake(): void {
    switch (this.state.kind) {
      case 'open':
        if (Date.now() - this.lastReceived > 1.5 * this.keepAliveMs) this.lost();
        else this.probe();
        return;
      case 'waiting':
      case 'paused':
        this.connect();
        return;
      case 'expired':
        void this.reconsider();
        return;
      case 'connecting':
        return;
    }
  }

  /** The page has been hidden for long: leave the server alone until `wake`. */
  pause(): void {
    if (this.closed || this.state.kind === 'expired') return;
    this.hangUp();
    this.enter({ kind: 'paused' });
  }

  /** The session is over: no more attempts until `wake` finds a new one. */
  expire(): void {
    this.hangUp();
    this.enter({ kind: 'expired' });
  }

  /** For good. */
  close(): void {
    this.hangUp();
    this.closed = true;
  }

  private enter(state: LinkState): void {
    this.state = state;
    this.events.state(state);
  }

  /** CONNECT and SUBSCRIBE in one go: the first values come one round trip earlier. */
  private introduce(): void {
    if (!this.subscriptions || this.socket?.readyState !== kSocketOpen) return;
    if (this.introduced) return;
    this.introduced = true;
    const connect = encodeConnect(this.port.clientId, kKeepAliveSeconds);
    const subscribe = encodeSubscribe(kSubscribeId, this.subscriptions);
    const both = new Uint8Array(connect.length + subscribe.length);
    both.set(connect);
    both.set(subscribe, connect.length);
    this.send(both);
  }

  private receive(data: unknown): void {
    this.lastReceived = Date.now();
    if (this.openSince > 0) clearTimeout(this.deadline);
    try {
      if (typeof data === 'string') throw new MalformedPacket('text frame'); // [MQTT5-6.0.0-1]
      for (const packet of this.stream.push(new Uint8Array(data as ArrayBuffer))) {
        this.handle(packet);
      }
    } catch {
      this.lost();
    }
  }

  private handle(packet: Packet): void {
    switch (packet.type) {
      case 'connack':
        if (packet.reason >= 0x80) this.lost();
        else this.opened(packet.properties.numbers);
        return;
      case 'publish':
        if (packet.id !== null) this.send(encodePuback(packet.id));
        this.events.message(packet.message);
        return;
      case 'puback':
        this.settle(packet.id, { kind: 'acknowledged', reason: packet.reason });
        return;
      case 'disconnect':
        if (packet.reason === kNotAuthorized) this.expire();
        else this.lost();
        return;
      case 'suback':
      case 'pingresp':
        return;
    }
  }

  private opened(properties: ReadonlyMap<number, number>): void {
    clearTimeout(this.deadline);
    this.openSince = this.lastReceived;
    this.keepAliveMs = 1000 * (properties.get(kProperty.serverKeepAlive) ?? kKeepAliveSeconds);
    this.receiveMaximum = properties.get(kProperty.receiveMaximum) ?? 0xffff;
    this.ticker = setInterval(() => {
      this.tick();
    }, kTickMs);
    this.enter({ kind: 'open' });
  }

  private tick(): void {
    const now = Date.now();
    if (this.keepAliveMs === 0) return;
    if (now - this.lastReceived > 1.5 * this.keepAliveMs) this.lost();
    else if (now - this.lastSent >= 0.8 * this.keepAliveMs) this.send(encodePing());
  }

  /** Asks for a sign of life and does not wait long for it. */
  private probe(): void {
    this.send(encodePing());
    this.expectWithin(kProbeMs);
  }

  private expectWithin(ms: number): void {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => {
      this.lost();
    }, ms);
  }

  private lost(): void {
    if (this.openSince > 0 && Date.now() - this.openSince > kStableMs) this.backoff.reset();
    this.drop();
    void this.retry();
  }

  /** Why it failed is told by the portal; the WebSocket API says nothing. */
  private async retry(): Promise<void> {
    const epoch = this.epoch;
    this.enter({ kind: 'connecting' });
    const session = await this.port.checkSession();
    if (epoch !== this.epoch) return;
    if (session === 'expired') {
      this.expire();
      return;
    }
    const wait = this.backoff.next();
    this.enter({ kind: 'waiting', away: session === 'away', retryAt: Date.now() + wait });
    this.retryTimer = setTimeout(() => {
      this.connect();
    }, wait);
  }

  private async reconsider(): Promise<void> {
    const epoch = this.epoch;
    const session = await this.port.checkSession();
    if (epoch === this.epoch && session === 'valid') this.connect();
  }

  private hangUp(): void {
    if (this.openSince > 0 && this.socket?.readyState === kSocketOpen) {
      this.socket.send(encodeDisconnect());
    }
    this.drop();
  }

  /** Forgets the socket; nothing it still says is heard. */
  private drop(): void {
    this.epoch++;
    clearTimeout(this.retryTimer);
    clearTimeout(this.deadline);
    clearInterval(this.ticker);
    this.openSince = 0;
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    for (const id of [...this.unacknowledged.keys()]) this.settle(id, { kind: 'lost' });
  }

  private send(bytes: Uint8Array<ArrayBuffer>): void {
    this.lastSent = Date.now();
    this.socket?.send(bytes);
  }

  private settle(id: number, receipt: Receipt): void {
    const resolve = this.unacknowledged.get(id);
    this.unacknowledged.delete(id);
    resolve?.(receipt);
  }

  private freeId(): number {
    do {
      this.nextId = this.nextId >= 0xffff ? 1 : this.nextId + 1;
    } while (this.unacknowledged.has(this.nextId));
    return this.nextId;
  }
}
