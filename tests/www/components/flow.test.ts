import { describe, expect, it } from 'vitest';
import { flowOf, sharesOf, sumOf, type Flow } from '@/components/flow/flow_model';
import { flowShape } from '@/components/flow/flow_shape';
import { flowSummary } from '@/components/flow/flow_text';
import { modelOf } from '../support/homes';
import type { HomeModel } from '@/types/model';

interface Powers {
  pv?: number | null;
  grid?: number | null;
  battery?: number | null;
  car?: number | null;
  house?: number | null;
}

function home(powers: Powers): HomeModel {
  const base = modelOf('1.9');
  const [point] = base.chargePoints;
  const value = (given: number | null | undefined): number | null =>
    given === undefined ? 0 : given;
  return {
    ...base,
    pv: { power: value(powers.pv), producedToday: 1 },
    grid: { ...base.grid, power: value(powers.grid) },
    house: { power: value(powers.house), usedToday: 1 },
    battery: {
      power: value(powers.battery),
      soc: 50,
      chargedToday: 0,
      dischargedToday: 0,
    },
    chargePoints: point ? [{ ...point, power: value(powers.car) }] : [],
  };
}

const bands = (flow: Flow): Record<string, number> =>
  Object.fromEntries([...flow.sources, ...flow.uses].map(({ key, band }) => [key, band]));

describe('flowOf', () => {
  it('puts sources left and uses right, with equal sums', () => {
    const flow = flowOf(home({ pv: 6000, grid: -1000, battery: 800, car: 3700, house: 500 }), null);
    expect(flow.sources.map(({ key }) => key)).toEqual(['pv']);
    expect(flow.uses.map(({ key }) => key)).toEqual(['house', 'point-1', 'battery-in', 'grid-out']);
    expect(sumOf(flow.sources)).toBe(sumOf(flow.uses));
    expect(bands(flow).house).toBe(500);
  });

  it('turns battery and grid around', () => {
    const flow = flowOf(home({ pv: 0, grid: 2000, battery: -1500, house: 3500 }), null);
    expect(bands(flow)).toMatchObject({
      'grid-in': 2000,
      'battery-out': 1500,
      house: 3500,
    });
    expect(flow.sources.find(({ key }) => key === 'battery-out')?.soc).toBe(50);
  });

  it('gives the difference of unequal meters to the house', () => {
    const flow = flowOf(home({ pv: 5000, car: 3000, house: 500 }), null);
    expect(bands(flow).house).toBe(2000);
    expect(flow.uses[0]?.power).toBe(2000);
    const close = flowOf(home({ pv: 3560, car: 3000, house: 500 }), null);
    expect(close.uses[0]?.power).toBe(500);
  });

  it('never shows more on the right than on the left', () => {
    const flow = flowOf(home({ pv: 1000, car: 3000, battery: 1000, house: 500 }), null);
    expect(sumOf(flow.uses)).toBeCloseTo(sumOf(flow.sources));
    expect(bands(flow).house).toBe(0);
  });

  it('needs 50 W for a band and keeps it down to 30 W', () => {
    const at = (pv: number, before: Flow | null): Flow => flowOf(home({ pv, house: pv }), before);
    expect(bands(at(49, null)).pv).toBe(0);
    const drawn = at(50, null);
    expect(bands(drawn).pv).toBe(50);
    expect(bands(at(30, drawn)).pv).toBe(30);
    expect(bands(at(29, drawn)).pv).toBe(0);
  });

  it('keeps the side of the grid between 30 and 50 W', () => {
    const out = flowOf(home({ pv: 600, grid: -60, house: 540 }), null);
    expect(bands(flowOf(home({ pv: 600, grid: -40, house: 560 }), out))).toHaveProperty('grid-out');
    expect(bands(flowOf(home({ pv: 600, grid: -40, house: 560 }), null))).toHaveProperty('grid-in');
  });

  it('shows the measured house while something else is unknown', () => {
    const flow = flowOf(home({ pv: null, grid: null, house: 500 }), null);
    expect(flow.uses[0]).toMatchObject({ key: 'house', power: 500, band: 0 });
  });

  it('draws many charge points as one', () => {
    const model = home({ pv: 9000, car: 3000 });
    const [point] = model.chargePoints;
    if (!point) throw new Error('no charge point');
    const many = {
      ...model,
      chargePoints: [1, 2, 3, 4].map((id) => ({ ...point, id })),
    };
    const flow = flowOf({ ...many, charging: { power: 8000, chargedToday: 1 } }, null);
    expect(bands(flow)).toMatchObject({ 'point-all': 8000 });
  });

  it('says in words what the picture shows', () => {
    const flow = flowOf(home({ pv: 6000, grid: -1000, car: 3700, house: 1300 }), null);
    expect(flowSummary(flow)).toBe(
      'Energiefluss jetzt. Quellen: Photovoltaik 6,0\u202fkW. Verbraucher: ' +
        'Haus 1,3\u202fkW, Garage links 3,7\u202fkW, Einspeisung 1,0\u202fkW.',
    );
  });
});

describe('idle nodes', () => {
  it('show their few watts whichever way they go', () => {
    const flow = flowOf(home({ pv: 600, grid: -38, battery: -12, house: 550 }), null);
    expect([...flow.sources, ...flow.uses].map(({ key, power }) => [key, power])).toEqual([
      ['pv', 600],
      ['grid-in', 38],
      ['house', 550],
      ['point-1', 0],
      ['battery-in', 12],
    ]);
  });
});

describe('flowShape', () => {
  it('draws nothing when nothing flows, and only numbers otherwise', () => {
    expect(flowShape(flowOf(home({}), null)).bands).toEqual([]);
    const shape = flowShape(flowOf(home({ pv: 6000, car: 3700, house: 2300 }), null));
    expect(shape.bands.map(({ key }) => key)).toEqual(['pv', 'house', 'point-1']);
    for (const { area, line } of shape.bands) expect(area + line).not.toMatch(/NaN|undefined|Inf/);
    expect(shape.hub.height).toBeGreaterThan(0);
    expect(shape.hub.height).toBeLessThan(shape.height);
  });
});

describe('sharesOf', () => {
  const today = (values: Record<string, string | null>): ReturnType<typeof sharesOf> =>
    sharesOf(modelOf('1.9', values));

  it('computes self-use and self-sufficiency', () => {
    const shares = today({});
    expect(shares.selfUse).toBeCloseTo(1 - 12.34 / 28.21);
    expect(shares.selfSufficiency).toBeCloseTo(1 - 3.21 / (3.21 + 28.21 + 3.88 - 12.34 - 4.12));
  });

  it('stays within 0 and 1', () => {
    expect(today({ 'evu/DailyYieldExportKwh': '99' }).selfUse).toBe(0);
    expect(today({ 'evu/DailyYieldImportKwh': '0' }).selfSufficiency).toBe(1);
  });

  it('says nothing without values or with too small ones', () => {
    expect(today({ 'pv/DailyYieldKwh': '0.09' }).selfUse).toBeNull();
    expect(today({ 'evu/DailyYieldExportKwh': null })).toEqual({
      selfUse: null,
      selfSufficiency: null,
    });
    expect(today({ 'housebattery/DailyYieldImportKwh': null }).selfSufficiency).toBeNull();
  });
});
