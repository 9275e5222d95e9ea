import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import NowView from '@/views/NowView.vue';
import { stateSentence } from '@/components/chargepoint/point_text';
import { kHomes, modelOf } from '../support/homes';
import { FakePage } from '../support/page';
import type { ChargePoint, Version } from '@/types/model';

let page: FakePage;

beforeEach(() => {
  page = new FakePage(NowView);
});

afterEach(() => {
  page.leave();
  vi.useRealTimers();
});

const kVersions: Version[] = ['1.9', '2.x'];

describe.each(kVersions)('the Now view of %s', (version) => {
  it('has no NaN, undefined or null in it, whatever topic is missing', async () => {
    for (const topic of Object.keys(kHomes[version])) {
      await page.shows(modelOf(version, { [topic]: null }));
      expect(page.text, topic).not.toMatch(/NaN|undefined|null|Infinity|object Object/);
      expect(page.root.innerHTML, topic).not.toMatch(/NaN|undefined|Infinity|object Object/);
    }
  });
});

describe('the Now view', () => {
  it('shows the golden values of 1.9', async () => {
    await page.shows(modelOf('1.9', { 'evu/W': '-850', 'pv/W': '-5842' }));
    for (const value of ['5,8', '850', '28,2', '3,2', '12,3', '9,9', '55', '61']) {
      expect(page.text).toContain(value);
    }
    expect(page.text).toContain('Lädt mit 3,7\u202fkW, 1‑phasig, 16\u202fA');
    expect(page.text).toContain('Nicht angesteckt');
    expect(page.find('[role=radiogroup]')).toHaveLength(1);
  });

  it('shows the golden values of 2.x', async () => {
    await page.shows(modelOf('2.x'));
    expect(page.text).toContain('Lädt mit 11,0\u202fkW, 3‑phasig, 16\u202fA');
    expect(page.text).toContain('Hinweis: Der Zähler antwortet nicht.');
    expect(page.find('[role=radiogroup]')).toHaveLength(2);
  });

  it('shows hostile names as text', async () => {
    const name = '<img src=x onerror=alert(1)>{{7*7}}';
    await page.shows(modelOf('1.9', { 'lp/1/strChargePointName': name }));
    expect(page.text).toContain(name);
    expect(page.find('img')).toEqual([]);
  });

  it('leaves out devices that are not there', async () => {
    await page.shows(
      modelOf('1.9', {
        'pv/1/boolPVConfigured': '0',
        'housebattery/boolHouseBatteryConfigured': '0',
        'lp/1/boolChargePointConfigured': '0',
        'lp/2/boolChargePointConfigured': '0',
      }),
    );
    expect(page.text).not.toMatch(/Photovoltaik|Speicher|Laden|Lademodus/);
  });
});

describe('orders', () => {
  it('1.9: a tap on a mode orders it for all points', async () => {
    await page.shows(modelOf('1.9'));
    expect(page.named('[role=radio]', 'PV').getAttribute('aria-checked')).toBe('true');
    page.named('[role=radio]', 'Stop').click();
    expect(page.submitted).toMatchObject([{ topic: 'set/ChargeMode', payload: '3' }]);
  });

  it('2.x: a tap orders it for that point', async () => {
    await page.shows(modelOf('2.x'));
    page.named('[data-point="5"] [role=radio]', 'Eco').click();
    expect(page.submitted).toMatchObject([{ point: 5, json: 'eco_charging' }]);
  });

  it('arrow keys pass over modes and order the last', async () => {
    vi.useFakeTimers();
    await page.shows(modelOf('1.9'));
    const right = (): void => {
      const target = page.find('[role=radio][aria-checked=true]')[0];
      target?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    };
    right();
    await nextTick();
    expect(document.activeElement?.textContent.trim()).toBe('Standby');
    right();
    await nextTick();
    vi.advanceTimersByTime(599);
    expect(page.submitted).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(page.submitted).toMatchObject([{ payload: '3' }]);
  });

  it('shows the wish while pending, the state in words, and the home when it failed', async () => {
    await page.shows(modelOf('1.9'));
    const checked = (): string | undefined =>
      page.find('[role=radio][aria-checked=true]')[0]?.textContent.trim();
    page.orders.value = { mode: { state: 'pending', value: 'stop' } };
    await nextTick();
    expect(checked()).toBe('Stop');
    expect(page.text).toContain('Wird gesendet');
    page.orders.value = { mode: { state: 'unconfirmed', value: 'stop' } };
    await nextTick();
    expect(checked()).toBe('PV');
    expect(page.text).toContain('Nicht bestätigt');
    page.named('button', 'Nochmal').click();
    expect(page.retried).toEqual(['mode']);
  });

  it('the slider publishes when released, not while it moves', async () => {
    vi.useFakeTimers();
    await page.shows(modelOf('1.9', { 'global/ChargeMode': '0' }));
    const slider = page.find('[data-point="1"] input')[0] as HTMLInputElement;
    slider.dispatchEvent(new Event('pointerdown'));
    slider.value = '20';
    slider.dispatchEvent(new Event('input'));
    await page.shows(
      modelOf('1.9', {
        'global/ChargeMode': '0',
        'config/get/sofort/lp/1/current': '9',
      }),
    );
    vi.advanceTimersByTime(2_000);
    expect(page.submitted).toEqual([]);
    expect(slider.value).toBe('20');
    slider.dispatchEvent(new Event('change'));
    expect(page.submitted).toMatchObject([
      { topic: 'config/set/sofort/lp/1/current', payload: '20' },
    ]);
  });

  it('keys and buttons of the slider are ordered 600 ms after the last', async () => {
    vi.useFakeTimers();
    await page.shows(modelOf('1.9', { 'global/ChargeMode': '0' }));
    const more = page.find('[data-point="1"] [aria-label="Ein Ampere mehr"]')[0];
    more?.click();
    vi.advanceTimersByTime(500);
    more?.click();
    vi.advanceTimersByTime(600);
    expect(page.submitted).toMatchObject([{ payload: '18' }]);
  });

  it('are disabled while the chain is broken', async () => {
    page.state.value = 'off';
    await page.shows(modelOf('2.x'));
    const enabled = page.find('button, input').filter((e) => !(e as HTMLButtonElement).disabled);
    expect(enabled).toEqual([]);
    page.named('[data-point="3"] [role=radio]', 'PV').click();
    expect(page.submitted).toEqual([]);
  });

  it('are replaced by plain values for those who may not', async () => {
    page.state.value = 'none';
    await page.shows(modelOf('2.x'));
    expect(page.find('button, input')).toEqual([]);
    expect(page.text).toContain('Sofort');
    expect(page.text).toContain('16\u202fA');
  });

  it('2.x without template: the mode is shown, with the reason', async () => {
    await page.shows(
      modelOf('2.x', {
        'chargepoint/3/set/charge_template': null,
        'chargepoint/3/get/connected_vehicle/config': '{"chargemode":"pv_charging"}',
      }),
    );
    expect(page.find('[data-point="3"] [role=radio]')).toEqual([]);
    expect(page.text).toContain('Ändern braucht eine neuere openWB 2.');
  });
});

describe('stateSentence', () => {
  const point = modelOf('2.x').chargePoints[1];
  const say = (change: Partial<ChargePoint>): string =>
    point ? stateSentence({ ...point, ...change }) : '';

  it.each<[string, Partial<ChargePoint>]>([
    ['Angesteckt, wartet auf Überschuss', {}],
    ['Angesteckt, lädt nicht', { mode: { mode: 'instant', text: '' } }],
    ['Angesteckt, Laden gestoppt', { mode: { mode: 'stop', text: '' } }],
    ['Nicht angesteckt', { plugged: false }],
    ['Gesperrt', { locked: true }],
    ['Zustand unbekannt', { plugged: null }],
    ['Lädt mit 2,3\u202fkW', { charging: true, power: 2300, phases: 0, current: null }],
    ['Lädt', { charging: true, power: null, phases: null, current: null }],
    ['Angesteckt, wartet auf Überschuss', { charging: true, power: 3 }],
  ])('%s', (sentence, change) => {
    expect(say(change)).toBe(sentence);
  });
});
