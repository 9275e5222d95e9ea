import { afterEach, describe, expect, it, vi } from 'vitest';
import { Backoff } from '@/mqtt/backoff';
import { subscriptionsOf } from '@/mqtt/filters';
import { FrameBatch, kMaxTopics } from '@/mqtt/frame_batch';
import type { Message } from '@/mqtt/packet';
import { followPage } from '@/mqtt/page_events';

describe('Backoff', () => {
  it('spreads each wait by 30 % both ways', () => {
    expect(new Backoff(() => 0).next()).toBe(350);
    expect(new Backoff(() => 0.999999).next()).toBe(650);
    const slow = new Backoff(() => 0.999999);
    for (let i = 0; i < 20; i++) slow.next();
    expect(slow.next()).toBe(26_000);
  });
});

describe('subscriptionsOf', () => {
  const filters = subscriptionsOf('mueller', 'owner').map(({ filter }) => filter);

  it('begins every filter with the own name and asks for each once', () => {
    expect(filters.every((filter) => filter.startsWith('mueller/'))).toBe(true);
    expect(new Set(filters).size).toBe(filters.length);
  });

  it('is narrow: nothing that could hold a secret of the home', () => {
    const wide = ['#', 'openWB/#', 'openWB/system/#', 'openWB/graph/#', 'openWB/vehicle/#'];
    for (const filter of wide) expect(filters).not.toContain(`mueller/${filter}`);
    for (const filter of filters) {
      expect(filter).not.toMatch(
        /soc_module\/(#|config)|device_(#|\+)|system\/(#|mqtt)|openWB\/\+/,
      );
    }
  });

  it('asks for component names as owner only', () => {
    const viewer = subscriptionsOf('mueller', 'viewer').map(({ filter }) => filter);
    expect(filters.filter((filter) => !viewer.includes(filter))).toEqual([
      'mueller/openWB/system/device/+/component/+/config',
    ]);
  });
});

describe('FrameBatch', () => {
  const message = (topic: string, payload: string): Message => ({
    topic,
    payload,
    retained: false,
  });

  it('applies the newest message of each topic once per frame', () => {
    const frames: (() => void)[] = [];
    const applied: Message[][] = [];
    const batch = new FrameBatch(
      (messages) => applied.push([...messages]),
      (callback) => frames.push(callback),
    );
    batch.add(message('a', '1'));
    batch.add(message('b', '1'));
    batch.add(message('a', '2'));
    expect(frames).toHaveLength(1);
    frames[0]?.();
    expect(applied).toEqual([[message('a', '2'), message('b', '1')]]);
    batch.add(message('a', '3'));
    expect(frames).toHaveLength(2);
  });

  it('holds no more topics than a page may', () => {
    let count = 0;
    let frame = (): void => undefined;
    const batch = new FrameBatch(
      (messages) => {
        count = [...messages].length;
      },
      (callback) => {
        frame = callback;
      },
    );
    for (let i = 0; i < kMaxTopics + 100; i++) batch.add(message(`t${i}`, 'x'));
    frame();
    expect(count).toBe(kMaxTopics);
  });
});

describe('followPage', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('pauses after five minutes hidden, wakes when shown, online or restored', () => {
    vi.useFakeTimers();
    const calls: string[] = [];
    const stop = followPage({
      wake: () => calls.push('wake'),
      pause: () => calls.push('pause'),
    });
    const visibility = vi.spyOn(document, 'visibilityState', 'get');

    visibility.mockReturnValue('hidden');
    document.dispatchEvent(new Event('visibilitychange'));
    vi.advanceTimersByTime(299_000);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(calls).toEqual(['pause']);

    visibility.mockReturnValue('visible');
    document.dispatchEvent(new Event('visibilitychange'));
    window.dispatchEvent(new Event('online'));
    const restored = new Event('pageshow');
    Object.defineProperty(restored, 'persisted', { value: true });
    window.dispatchEvent(restored);
    expect(calls).toEqual(['pause', 'wake', 'wake', 'wake']);
    stop();
    window.dispatchEvent(new Event('online'));
    expect(calls).toHaveLength(4);
  });
});
