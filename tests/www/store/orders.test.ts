import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  instantCurrentIntent,
  lockIntent,
  modeIntent,
  selectableModes,
  type Intent,
} from '@/store/intents';
import { withValue, type JsonObject } from '@/store/json';
import { OrderBook } from '@/store/orders';
import { modelOf } from '../support/homes';
import type { Receipt } from '@/mqtt/client';
import type { ChargePoint, HomeModel } from '@/types/model';

interface Sent {
  readonly topic: string;
  readonly payload: string;
  readonly answer: (receipt: Receipt) => void;
}

let model: HomeModel;
let allowed: boolean;
let sent: Sent[];
let book: OrderBook;

const home19 = (mode: string): HomeModel => modelOf('1.9', { 'global/ChargeMode': mode });
const first = (of: HomeModel): ChargePoint => {
  const point = of.chargePoints[0];
  if (!point) throw new Error('no charge point');
  return point;
};
const must = (intent: Intent | null): Intent => {
  if (!intent) throw new Error('no intent');
  return intent;
};
const template = (change: Record<string, unknown> = {}): HomeModel => {
  let json: JsonObject = first(modelOf('2.x')).template ?? {};
  for (const [path, value] of Object.entries(change))
    json = withValue(json, path.split('.'), value);
  return modelOf('2.x', {
    'chargepoint/3/set/charge_template': JSON.stringify(json),
  });
};

const home = (next: HomeModel): void => {
  model = next;
  book.modelChanged(next);
};
const acknowledge = async (index: number, reason = 0): Promise<void> => {
  sent[index]?.answer({ kind: 'acknowledged', reason });
  await vi.advanceTimersByTimeAsync(0);
};
const stateOf = (key: string): string | undefined => book.view(key)?.state;

beforeEach(() => {
  vi.useFakeTimers();
  model = home19('2');
  allowed = true;
  sent = [];
  book = new OrderBook({
    publish: (topic, payload) =>
      new Promise((answer) => {
        sent.push({ topic, payload, answer });
      }),
    model: () => model,
    allowed: () => allowed,
  });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('what is published', () => {
  it.each([
    ['instant', '0'],
    ['min_pv', '1'],
    ['pv', '2'],
    ['stop', '3'],
    ['standby', '4'],
  ] as const)('1.9: mode %s is %s on set/ChargeMode', (mode, payload) => {
    expect(modeIntent(model, null, mode)).toMatchObject({
      topic: 'set/ChargeMode',
      payload,
    });
  });

  it('1.9: current and lock of a point', () => {
    const point = first(model);
    expect(instantCurrentIntent(model, point, 20)).toMatchObject({
      topic: 'config/set/sofort/lp/1/current',
      payload: '20',
    });
    expect(lockIntent(model, point, true)).toMatchObject({
      topic: 'set/lp/1/ChargePointEnabled',
      payload: '0',
    });
  });

  it.each([5, 33, 10.5, NaN])('refuses a current of %s A', (amps) => {
    expect(instantCurrentIntent(model, first(model), amps)).toBeNull();
  });

  it('2.x: the newest template whole, with only the field changed', () => {
    model = template();
    book.submit(must(modeIntent(model, first(model), 'eco')));
    expect(sent[0]?.topic).toBe('set/chargepoint/3/set/charge_template');
    const before = first(model).template ?? {};
    expect(JSON.parse(sent[0]?.payload ?? '')).toEqual(
      withValue(before, ['chargemode', 'selected'], 'eco_charging'),
    );
  });

  it('2.x: the lock as a JSON flag', () => {
    model = template();
    expect(lockIntent(model, first(model), true)).toMatchObject({
      topic: 'set/chargepoint/3/set/manual_lock',
      payload: 'true',
    });
  });

  it('2.x: nothing without a template, and only modes that exist there', () => {
    model = modelOf('2.x', { 'chargepoint/3/set/charge_template': null });
    expect(modeIntent(model, first(model), 'pv')).toBeNull();
    expect(instantCurrentIntent(model, first(model), 10)).toBeNull();
    expect(modeIntent(template(), first(template()), 'min_pv')).toBeNull();
    expect(selectableModes(template())).not.toContain('min_pv');
    expect(modeIntent(home19('2'), null, 'eco')).toBeNull();
  });
});

describe('the way of an order', () => {
  it('is pending, then done when the home shows it, then forgotten', async () => {
    book.submit(must(modeIntent(model, null, 'instant')));
    expect(book.view('mode')).toEqual({ state: 'pending', value: 'instant' });
    await acknowledge(0);
    expect(stateOf('mode')).toBe('pending');
    home(home19('0'));
    expect(stateOf('mode')).toBe('done');
    vi.advanceTimersByTime(3_000);
    expect(stateOf('mode')).toBeUndefined();
    expect(sent).toHaveLength(1);
  });

  it('is done although the PUBACK comes after the status', async () => {
    book.submit(must(modeIntent(model, null, 'instant')));
    home(home19('0'));
    await acknowledge(0);
    expect(stateOf('mode')).toBe('done');
  });

  it('fails 8 s without PUBACK', () => {
    book.submit(must(modeIntent(model, null, 'instant')));
    vi.advanceTimersByTime(7_999);
    expect(stateOf('mode')).toBe('pending');
    vi.advanceTimersByTime(1);
    expect(stateOf('mode')).toBe('unconfirmed');
  });

  it('fails 15 s without a change of the status', async () => {
    book.submit(must(modeIntent(model, null, 'instant')));
    await acknowledge(0);
    vi.advanceTimersByTime(14_999);
    expect(stateOf('mode')).toBe('pending');
    vi.advanceTimersByTime(1);
    expect(stateOf('mode')).toBe('unconfirmed');
  });

  it('is refused by a reason of 0x80 and above', async () => {
    book.submit(must(modeIntent(model, null, 'instant')));
    await acknowledge(0, 0x87);
    expect(stateOf('mode')).toBe('refused');
  });

  it('fails with its connection', async () => {
    book.submit(must(modeIntent(model, null, 'instant')));
    sent[0]?.answer({ kind: 'lost' });
    await vi.advanceTimersByTimeAsync(0);
    expect(stateOf('mode')).toBe('unconfirmed');
  });

  it('can be tried again, and a late confirmation clears the failure', () => {
    book.submit(must(modeIntent(model, null, 'instant')));
    vi.advanceTimersByTime(8_000);
    book.retry('mode');
    expect(sent).toHaveLength(2);
    expect(stateOf('mode')).toBe('pending');
    vi.advanceTimersByTime(8_000);
    home(home19('0'));
    expect(stateOf('mode')).toBeUndefined();
  });

  it('is not sent while it is not allowed, and not later either', () => {
    allowed = false;
    book.submit(must(modeIntent(model, null, 'instant')));
    allowed = true;
    vi.advanceTimersByTime(60_000);
    home(home19('1'));
    expect(sent).toHaveLength(0);
    expect(stateOf('mode')).toBeUndefined();
  });

  it('is nothing if the home already does it', () => {
    book.submit(must(modeIntent(model, null, 'pv')));
    expect(sent).toHaveLength(0);
  });

  it('back to the old value is sent while the first order is under way, and waits for the home', async () => {
    book.submit(must(modeIntent(model, null, 'instant')));
    book.submit(must(modeIntent(model, null, 'pv')));
    expect(sent.map(({ payload }) => payload)).toEqual(['0', '2']);
    await acknowledge(0);
    await acknowledge(1);
    home(home19('2'));
    expect(stateOf('mode')).toBe('pending');
    home(home19('0'));
    home(home19('2'));
    expect(stateOf('mode')).toBe('done');
  });

  it('an answer to a replaced order changes nothing', async () => {
    book.submit(must(modeIntent(model, null, 'instant')));
    book.submit(must(modeIntent(model, null, 'stop')));
    await acknowledge(0, 0x87);
    expect(stateOf('mode')).toBe('pending');
  });
});

describe('templates of 2.x', () => {
  const payload = (index: number): unknown => JSON.parse(sent[index]?.payload ?? 'null');

  beforeEach(() => {
    model = template();
  });

  it('starts again from a template that came before the confirmation', () => {
    book.submit(must(modeIntent(model, first(model), 'pv')));
    home(template({ prio: true }));
    expect(sent).toHaveLength(2);
    expect(payload(1)).toMatchObject({
      prio: true,
      chargemode: { selected: 'pv_charging' },
    });
    home(template({ prio: true, 'chargemode.selected': 'pv_charging' }));
    expect(stateOf('mode/3')).toBe('done');
    expect(sent).toHaveLength(2);
  });

  it('does not send again because the home repeats itself', () => {
    book.submit(must(modeIntent(model, first(model), 'pv')));
    home(template());
    home(template());
    expect(sent).toHaveLength(1);
  });

  it('gives up starting again when somebody else keeps changing it', () => {
    book.submit(must(modeIntent(model, first(model), 'pv')));
    for (let i = 0; i < 20; i++) home(template({ id: i + 100 }));
    expect(sent).toHaveLength(6);
  });

  it('carries all changes under way to the same point', () => {
    book.submit(must(instantCurrentIntent(model, first(model), 20)));
    book.submit(must(modeIntent(model, first(model), 'pv')));
    expect(payload(1)).toMatchObject({
      chargemode: {
        selected: 'pv_charging',
        instant_charging: { current: 20 },
      },
    });
  });

  it('two points do not mix', () => {
    const second = model.chargePoints[1];
    if (!second) throw new Error('no second point');
    book.submit(must(modeIntent(model, first(model), 'pv')));
    book.submit(must(modeIntent(model, second, 'stop')));
    expect(sent.map(({ topic }) => topic)).toEqual([
      'set/chargepoint/3/set/charge_template',
      'set/chargepoint/5/set/charge_template',
    ]);
    expect(payload(1)).toMatchObject({ chargemode: { selected: 'stop' } });
  });
});
