import type { ClientEvents, ClientPort, LinkState, SessionCheck, Socket } from '@/mqtt/client';
import type { Message } from '@/mqtt/packet';
import { bytes, text } from './bytes';

/** A socket whose other end is the test. */
export class FakeSocket implements Socket {
  binaryType: BinaryType = 'blob';
  readyState = 0;
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  readonly sent: number[][] = [];
  closed = false;

  send(data: Uint8Array<ArrayBuffer>): void {
    this.sent.push([...data]);
  }

  close(): void {
    this.closed = true;
    this.readyState = 3;
  }

  opens(): void {
    this.readyState = 1;
    this.onopen?.(new Event('open'));
  }

  says(...data: number[]): void {
    this.onmessage?.(new MessageEvent('message', { data: bytes(...data).buffer }));
  }

  connack(reason = 0, properties: number[] = []): void {
    this.says(0x20, 3 + properties.length, 0, reason, properties.length, ...properties);
  }

  publishes(topic: string, payload: string): void {
    const body = [0, topic.length, ...text(topic), 0, ...text(payload)];
    this.says(0x30, body.length, ...body);
  }

  puback(id: number, reason = 0): void {
    this.says(0x40, 4, id >> 8, id & 255, reason, 0);
  }

  drops(): void {
    this.readyState = 3;
    this.onclose?.(new CloseEvent('close'));
  }

  /** First bytes of the packets sent, e.g. 0xc0 for PINGREQ. */
  sentTypes(): number[] {
    return this.sent.map((packet) => packet[0] ?? 0);
  }
}

/** The world around a client: all sockets it opened, what it reported, and the answers of the portal. */
export class FakeServer implements ClientPort, ClientEvents {
  readonly sockets: FakeSocket[] = [];
  readonly states: LinkState[] = [];
  readonly messages: Message[] = [];
  session: SessionCheck = 'valid';
  sessionChecks = 0;
  readonly clientId = 'web-test';
  readonly random = (): number => 0.5;

  openSocket(): FakeSocket {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    return socket;
  }

  checkSession(): Promise<SessionCheck> {
    this.sessionChecks++;
    return Promise.resolve(this.session);
  }

  message(message: Message): void {
    this.messages.push(message);
  }

  state(state: LinkState): void {
    this.states.push(state);
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no socket was opened');
    return socket;
  }

  get kind(): LinkState['kind'] | undefined {
    return this.states.at(-1)?.kind;
  }
}
