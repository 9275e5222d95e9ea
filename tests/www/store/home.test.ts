import { beforeEach, describe, expect, it, vi } from 'vitest';
import { HomeClock } from '@/store/clock';
import { HomeStore } from '@/store/home';
import { statusOf, takesOrders, type Chain } from '@/store/status';
import { kHomes } from '../support/homes';
import type { CloudHome } from '@/types/model';

const kStart = 1_763_724_890_000;

describe('HomeClock', () => {
  it('is fresh from the first live value on', () => {
    const clock = new HomeClock();
    expect(clock.isFresh(kStart)).toBe(false);
    clock.observe(1000, false, kStart); // the home's clock may be years off
    expect(clock.isFresh(kStart)).toBe(true);
    expect(clock.isFresh(kStart + 60_000)).toBe(true);
    expect(clock.isFresh(kStart + 60_001)).toBe(false);
  });

  it('counts a stored value from its own time', () => {
    const clock = new HomeClock();
    clock.observe(kStart / 1000 - 50, true, kStart);
    expect(clock.isFresh(kStart)).toBe(true);
    expect(clock.isFresh(kStart + 11_000)).toBe(false);
  });

  it.each([-3600, 3600])('learns nothing from a stored value %i s away', (seconds) => {
    const clock = new HomeClock();
    clock.observe(kStart / 1000 + seconds, true, kStart);
    expect(clock.movedAt).toBeNull();
  });

  it('does not take the same value twice for a movement', () => {
    const clock = new HomeClock();
    clock.observe(5, false, kStart);
    clock.observe(5, false, kStart + 50_000);
    expect(clock.isFresh(kStart + 61_000)).toBe(false);
  });

  it.each([
    [10, 60],
    [60, 150],
    [120, 180],
  ])('moving every %i s it may stand still for %i s', (interval, limit) => {
    const clock = new HomeClock();
    clock.observe(1, false, kStart);
    clock.observe(2, false, kStart + interval * 1000);
    expect(clock.limitMs).toBe(limit * 1000);
  });
});

describe('statusOf', () => {
  const cloud: CloudHome = {
    connected: true,
    since: 5,
    last: 9,
    writable: true,
  };
  const live: Chain = {
    link: { kind: 'open' },
    online: true,
    cloud,
    fresh: true,
    judged: true,
    hasValues: true,
  };

  it.each<[string, Partial<Chain>]>([
    ['live', {}],
    ['live', { cloud: null }],
    ['expired', { link: { kind: 'expired' }, online: false }],
    ['device-offline', { link: { kind: 'waiting', away: true, retryAt: 0 }, online: false }],
    ['server-away', { link: { kind: 'waiting', away: true, retryAt: 0 } }],
    ['reconnecting', { link: { kind: 'waiting', away: false, retryAt: 0 } }],
    ['connecting', { link: { kind: 'connecting' } }],
    ['paused', { link: { kind: 'paused' } }],
    ['home-offline', { cloud: { ...cloud, connected: false } }],
    ['home-offline', { cloud: { ...cloud, connected: false, since: null } }],
    ['home-unknown', { cloud: { ...cloud, connected: false, since: null }, hasValues: false }],
    ['home-silent', { fresh: false }],
    ['waiting', { fresh: false, judged: false }],
  ])('is %s', (status, change) => {
    expect(statusOf({ ...live, ...change })).toBe(status);
  });

  it('lets orders out to a live, connected home that takes them only', () => {
    expect(takesOrders('live', cloud)).toBe(true);
    expect(takesOrders('live', null)).toBe(false);
    expect(takesOrders('live', { ...cloud, writable: false })).toBe(false);
    expect(takesOrders('home-silent', cloud)).toBe(false);
    expect(takesOrders('reconnecting', cloud)).toBe(false);
  });
});

describe('HomeStore', () => {
  let store: HomeStore;
  let frame: () => void;

  const says = (topic: string, payload: string, retained = false): void => {
    store.receive({ topic: `u/${topic}`, payload, retained });
  };

  beforeEach(() => {
    vi.useFakeTimers({ now: kStart });
    frame = () => undefined;
    store = new HomeStore(
      () => undefined,
      (callback) => {
        frame = callback;
      },
    );
    store.setUser('u');
    store.setLink({ kind: 'open' });
  });

  it('hears only its own user', () => {
    store.receive({ topic: 'v/openWB/evu/W', payload: '1', retained: false });
    store.receive({ topic: 'uu/openWB/evu/W', payload: '1', retained: false });
    frame();
    expect(store.model.value).toBeNull();
  });

  it.each([
    ['evu/W', '1.9'],
    ['system/Version', '1.9'],
    ['system/version', '2.x'],
    ['counter/get/hierarchy', '2.x'],
  ])('knows by %s that it is %s', (topic, version) => {
    says(`openWB/${topic}`, '1');
    frame();
    expect(store.model.value?.version).toBe(version);
  });

  it('believes the moving clock after an upgrade', () => {
    for (const values of Object.values(kHomes)) {
      for (const [topic, value] of Object.entries(values)) {
        says(`openWB/${topic}`, String(value), true);
      }
    }
    frame();
    says('openWB/system/time', String(kStart / 1000 + 10));
    says('openWB/evu/W', '1');
    frame();
    expect(store.model.value?.version).toBe('2.x');
    vi.setSystemTime(kStart + 20_000);
    says('openWB/system/Timestamp', String(kStart / 1000 + 20));
    says('openWB/evu/W', '2');
    frame();
    expect(store.model.value?.version).toBe('1.9');
  });

  it('is live with the clock and silent when it stops', () => {
    says('cloud/home', '{"connected":true,"since":1,"last":2,"writable":true,"bridge_bit":true}');
    says('openWB/evu/W', '512');
    frame();
    expect(store.status.value).toBe('waiting');
    says('openWB/system/Timestamp', '1763724890');
    expect(store.status.value).toBe('live');
    store.now.value = kStart + 61_000;
    expect(store.status.value).toBe('home-silent');
  });

  it('calls a home silent whose stored clock is old and does not move for a minute', () => {
    says('openWB/evu/W', '512', true);
    says('openWB/system/Timestamp', '1000', true);
    frame();
    expect(store.status.value).toBe('waiting');
    store.now.value = kStart + 61_000;
    expect(store.status.value).toBe('home-silent');
    expect(store.homeTime.value).toBe(1000);
  });

  it('follows the broker about the connection of the home', () => {
    says('cloud/home', '{"connected":false,"since":1763720000,"last":1763720000,"writable":false}');
    frame();
    expect(store.status.value).toBe('home-offline');
    expect(store.cloud.value?.since).toBe(1_763_720_000);
    says('cloud/home', 'nonsense');
    frame();
    expect(store.cloud.value).toBeNull();
  });

  it('forgets a topic that was cleared', () => {
    says('openWB/evu/W', '512');
    says('openWB/system/Version', '1.9.304.0');
    frame();
    says('openWB/evu/W', '', true);
    frame();
    expect(store.model.value?.grid.power).toBeNull();
  });

  it('survives topics named like parts of objects', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      says(`openWB/${name}`, '1');
      says(`openWB/system/${name}`, '1');
      says(name, '1');
    }
    says('openWB/evu/W', '7');
    frame();
    expect(store.model.value?.grid.power).toBe(7);
  });
});
