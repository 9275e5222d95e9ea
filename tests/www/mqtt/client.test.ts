import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MqttClient } from '@/mqtt/client';
import { FakeServer } from '../support/fake_server';
import { text } from '../support/bytes';

const kSubscriptions = [{ filter: 'u/cloud/home', qos: 1 as const }];

let server: FakeServer;
let client: MqttClient;

/** Lets answers of the portal arrive without moving the clock. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

function goOnline(): void {
  client.connect();
  client.identify(kSubscriptions);
  server.socket.opens();
  server.socket.connack();
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  client = new MqttClient(server, server);
});

afterEach(() => {
  client.close();
  vi.useRealTimers();
});

describe('connecting', () => {
  it('sends CONNECT and SUBSCRIBE together, once both socket and session are there', () => {
    client.connect();
    server.socket.opens();
    expect(server.socket.sent).toEqual([]);
    client.identify(kSubscriptions);
    expect(server.socket.binaryType).toBe('arraybuffer');
    expect(server.socket.sent).toHaveLength(1);
    const sent = server.socket.sent[0] ?? [];
    expect(sent[0]).toBe(0x10);
    expect(sent[2 + (sent[1] ?? 0)]).toBe(0x82);
    expect(String.fromCharCode(...sent)).toContain('u/cloud/home');
  });

  it('also does so when the session is known first', () => {
    client.connect();
    client.identify(kSubscriptions);
    expect(server.socket.sent).toEqual([]);
    server.socket.opens();
    expect(server.socket.sent).toHaveLength(1);
  });

  it('is open after CONNACK and hands out messages', () => {
    goOnline();
    expect(server.kind).toBe('open');
    server.socket.publishes('u/openWB/evu/W', '512');
    expect(server.messages).toEqual([{ topic: 'u/openWB/evu/W', payload: '512', retained: false }]);
  });

  it('acknowledges what comes with QoS 1', () => {
    goOnline();
    server.socket.says(0x32, 7, 0, 1, ...text('t'), 0, 9, 0, ...text('x'));
    expect(server.socket.sent.at(-1)).toEqual([0x40, 2, 0, 9]);
  });

  it('gives up when CONNACK does not come', async () => {
    client.connect();
    server.socket.opens();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(server.sockets[0]?.closed).toBe(true);
    expect(server.kind).toBe('waiting');
  });
});

describe('coming back', () => {
  it('waits longer each time, up to 20 s', async () => {
    client.connect();
    const waits: number[] = [];
    for (let i = 0; i < 10; i++) {
      server.socket.drops();
      await settle();
      const state = server.states.at(-1);
      if (state?.kind !== 'waiting') throw new Error(`unexpected ${server.kind ?? 'nothing'}`);
      waits.push(state.retryAt - Date.now());
      await vi.advanceTimersByTimeAsync(state.retryAt - Date.now());
    }
    expect(waits.slice(0, 4)).toEqual([500, 850, 1445, 2456]);
    expect(waits.at(-1)).toBe(20_000);
    expect(server.sockets).toHaveLength(11);
    expect(server.sessionChecks).toBe(10);
  });

  it('begins with short waits again after a stable connection', async () => {
    client.connect();
    for (let i = 0; i < 5; i++) {
      server.socket.drops();
      await vi.advanceTimersByTimeAsync(20_000);
    }
    client.identify(kSubscriptions);
    server.socket.opens();
    server.socket.connack();
    await vi.advanceTimersByTimeAsync(11_000);
    server.socket.drops();
    await settle();
    expect(server.states.at(-1)).toEqual({
      kind: 'waiting',
      away: false,
      retryAt: Date.now() + 500,
    });
  });

  it('does not take a connection that is dropped at once for a stable one', async () => {
    client.identify(kSubscriptions);
    client.connect();
    for (let i = 0; i < 3; i++) {
      server.socket.opens();
      server.socket.connack();
      server.socket.drops();
      await settle();
      if (i < 2) await vi.advanceTimersByTimeAsync(2_000);
    }
    expect(server.states.at(-1)).toMatchObject({ retryAt: Date.now() + 1445 });
  });

  it('subscribes anew on every connection', async () => {
    goOnline();
    server.socket.drops();
    await vi.advanceTimersByTimeAsync(600);
    expect(server.sockets).toHaveLength(2);
    server.socket.opens();
    expect(server.socket.sent).toHaveLength(1);
  });

  it('tells that the server is away when the portal does not answer either', async () => {
    server.session = 'away';
    goOnline();
    server.socket.drops();
    await settle();
    expect(server.states.at(-1)).toMatchObject({ kind: 'waiting', away: true });
  });

  it('stops when the session has expired, and looks again when the page is shown', async () => {
    server.session = 'expired';
    goOnline();
    server.socket.drops();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(server.kind).toBe('expired');
    expect(server.sockets).toHaveLength(1);

    client.wake();
    await settle();
    expect(server.sockets).toHaveLength(1);

    server.session = 'valid';
    client.wake();
    await settle();
    expect(server.sockets).toHaveLength(2);
  });

  it('takes DISCONNECT 0x87 for the end of the session, others for a lost connection', async () => {
    goOnline();
    server.socket.says(0xe0, 2, 0x87, 0);
    await settle();
    expect(server.kind).toBe('expired');
    client.wake();
    await settle();
    server.socket.opens();
    server.socket.connack();
    server.socket.says(0xe0, 2, 0x8b, 0);
    await settle();
    expect(server.kind).toBe('waiting');
  });

  it('retries a refused CONNECT while the session is valid', async () => {
    client.connect();
    client.identify(kSubscriptions);
    server.socket.opens();
    server.socket.connack(0x97);
    await settle();
    expect(server.kind).toBe('waiting');
    expect(server.sockets[0]?.closed).toBe(true);
  });

  it.each([
    ['a text frame', (): unknown => 'hello'],
    ['a malformed packet', (): unknown => Uint8Array.from([0x30, 2, 0, 9]).buffer],
  ])('ends the connection at %s', async (_name, data) => {
    goOnline();
    server.socket.onmessage?.(new MessageEvent('message', { data: data() }));
    await settle();
    expect(server.sockets[0]?.closed).toBe(true);
    expect(server.kind).toBe('waiting');
  });

  it('hears nothing more from a socket it has given up', async () => {
    goOnline();
    const old = server.socket;
    const late = old.onmessage;
    client.pause();
    late?.(
      new MessageEvent('message', {
        data: Uint8Array.from([0xe0, 1, 0x87]).buffer,
      }),
    );
    await settle();
    expect(server.kind).toBe('paused');
  });
});

describe('staying alive', () => {
  it('pings when it has sent nothing for long and drops a silent server', async () => {
    goOnline();
    await vi.advanceTimersByTimeAsync(24_000);
    expect(server.socket.sentTypes()).toEqual([0x10, 0xc0]);
    server.socket.says(0xd0, 0);
    await vi.advanceTimersByTimeAsync(45_000);
    expect(server.kind).toBe('open');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(server.sockets[0]?.closed).toBe(true);
  });

  it("follows the server's keep alive", async () => {
    client.connect();
    client.identify(kSubscriptions);
    server.socket.opens();
    server.socket.connack(0, [0x13, 0, 10]);
    await vi.advanceTimersByTimeAsync(8_000);
    expect(server.socket.sentTypes()).toEqual([0x10, 0xc0]);
  });

  it('asks for a sign of life when the page is shown, and waits 5 s for it', async () => {
    goOnline();
    client.wake();
    expect(server.socket.sentTypes().at(-1)).toBe(0xc0);
    server.socket.says(0xd0, 0);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(server.kind).toBe('open');
    client.wake();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.sockets[0]?.closed).toBe(true);
  });

  it('knows a connection that slept too long for dead at once', async () => {
    goOnline();
    vi.setSystemTime(Date.now() + 3_600_000);
    client.wake();
    await settle();
    expect(server.sockets[0]?.closed).toBe(true);
  });

  it('leaves with DISCONNECT when hidden for long and comes back when shown', async () => {
    goOnline();
    const first = server.socket;
    client.pause();
    expect(first.sent.at(-1)).toEqual([0xe0, 0]);
    expect(first.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(server.sockets).toHaveLength(1);
    client.wake();
    expect(server.sockets).toHaveLength(2);
  });

  it('does not wait any longer when woken between two attempts', async () => {
    goOnline();
    server.socket.drops();
    await settle();
    client.wake();
    expect(server.sockets).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.sockets).toHaveLength(2);
  });
});

describe('publishing', () => {
  it('resolves with the reason of the PUBACK', async () => {
    goOnline();
    const fine = client.publish('u/openWB/set/ChargeMode', '2');
    const refused = client.publish('u/other', '2');
    const ids = server.socket.sent.slice(-2).map((packet) => idOf(packet));
    expect(new Set(ids).size).toBe(2);
    expect(server.socket.sentTypes().at(-1)).toBe(0x32);
    server.socket.puback(ids[1] ?? 0, 0x87);
    server.socket.puback(ids[0] ?? 0);
    await expect(fine).resolves.toEqual({ kind: 'acknowledged', reason: 0 });
    await expect(refused).resolves.toEqual({
      kind: 'acknowledged',
      reason: 0x87,
    });
  });

  it('queues nothing: without a connection an order is lost at once', async () => {
    client.connect();
    await expect(client.publish('u/x', '1')).resolves.toEqual({ kind: 'lost' });
    client.identify(kSubscriptions);
    server.socket.opens();
    server.socket.connack();
    expect(server.socket.sent).toHaveLength(1);
  });

  it('tells that an order without PUBACK is lost with its connection', async () => {
    goOnline();
    const order = client.publish('u/x', '1');
    server.socket.drops();
    await expect(order).resolves.toEqual({ kind: 'lost' });
  });

  it("keeps to the server's receive maximum", async () => {
    client.connect();
    client.identify(kSubscriptions);
    server.socket.opens();
    server.socket.connack(0, [0x21, 0, 1]);
    void client.publish('u/x', '1');
    await expect(client.publish('u/x', '2')).resolves.toEqual({ kind: 'lost' });
  });
});

function idOf(publish: number[]): number {
  const topic = 2 + 2 + (publish[3] ?? 0);
  return (publish[topic] ?? 0) * 256 + (publish[topic + 1] ?? 0);
}
