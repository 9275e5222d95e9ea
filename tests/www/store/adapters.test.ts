import { describe, expect, it } from 'vitest';
import { kHomes, modelOf, numbersIn } from '../support/homes';
import type { Version } from '@/types/model';

const kVersions: Version[] = ['1.9', '2.x'];

describe('openWB 1.9', () => {
  it('gives the golden model', () => {
    expect(
      modelOf('1.9', {
        'evu/W': '-1234',
        'pv/W': '-5426',
        'global/WHouseConsumption': '512',
        'lp/1/energyConsumptionPer100km': '15.2',
        'lp/1/kWhChargedSincePlugged': '3.8',
        'global/ChargeMode': '0',
      }),
    ).toEqual({
      version: '1.9',
      software: '1.9.304.0',
      grid: { power: -1234, importedToday: 3.21, exportedToday: 12.34 },
      pv: { power: 5426, producedToday: 28.21 },
      house: { power: 512, usedToday: 5.32 },
      battery: {
        power: 812,
        soc: 55,
        chargedToday: 4.12,
        dischargedToday: 3.88,
      },
      charging: { power: 3680, chargedToday: 9.85 },
      chargePoints: [
        {
          id: 1,
          name: 'Garage links',
          power: 3680,
          current: 16,
          phases: 1,
          plugged: true,
          charging: true,
          locked: false,
          vehicle: { name: null, soc: 61, manual: false, range: null },
          chargedSincePlugged: 3.8,
          rangeCharged: 25,
          timeLeft: '1 H 12 Min',
          reason: null,
          fault: null,
          mode: { mode: 'instant', text: '0' },
          instantCurrent: 16,
          limit: { kind: 'soc', soc: 80 },
          template: null,
        },
        {
          id: 2,
          name: 'Carport',
          power: 0,
          current: 0,
          phases: 0,
          plugged: false,
          charging: false,
          locked: false,
          vehicle: null,
          chargedSincePlugged: 0,
          rangeCharged: null,
          timeLeft: null,
          reason: null,
          fault: null,
          mode: { mode: 'instant', text: '0' },
          instantCurrent: 10,
          limit: null,
          template: null,
        },
      ],
      commonMode: { mode: 'instant', text: '0' },
      notice: null,
    });
  });

  it.each([
    ['0', 'instant'],
    ['1', 'min_pv'],
    ['2', 'pv'],
    ['3', 'stop'],
    ['4', 'standby'],
    ['5', null],
    ['-1', null],
    ['x', null],
  ])('reads charge mode %s as %s and keeps the text', (text, mode) => {
    expect(modelOf('1.9', { 'global/ChargeMode': text }).commonMode).toEqual({
      mode,
      text,
    });
  });

  it('counts what an inverter draws at night as no production', () => {
    expect(modelOf('1.9', { 'pv/W': '12' }).pv?.power).toBe(0);
  });

  it('believes the flags of missing devices', () => {
    const without = modelOf('1.9', {
      'pv/1/boolPVConfigured': '0',
      'housebattery/boolHouseBatteryConfigured': '0',
      'lp/2/boolChargePointConfigured': '0',
    });
    expect(without.pv).toBeNull();
    expect(without.battery).toBeNull();
    expect(without.chargePoints.map(({ id }) => id)).toEqual([1]);
  });

  it('does not invent a battery from zeros', () => {
    const zeros = { 'housebattery/W': '0', 'housebattery/%Soc': '0' };
    const flag = 'housebattery/boolHouseBatteryConfigured';
    expect(modelOf('1.9', { ...zeros, [flag]: null }).battery).toBeNull();
    expect(modelOf('1.9', { [flag]: null }).battery?.soc).toBe(55);
  });

  it('reads limits, locks and faults', () => {
    const point = modelOf('1.9', {
      'global/ChargeMode': '0',
      'config/get/sofort/lp/1/chargeLimitation': '1',
      'lp/1/ChargePointEnabled': '0',
      'lp/1/faultState': '2',
      'lp/1/faultStr': '"Modul antwortet nicht"',
      'lp/1/TimeRemaining': '--',
    }).chargePoints[0];
    expect(point?.limit).toEqual({ kind: 'energy', kwh: 10 });
    expect(point?.locked).toBe(true);
    expect(point?.fault).toEqual({
      level: 'fault',
      text: 'Modul antwortet nicht',
    });
    expect(point?.timeLeft).toBeNull();
  });

  it('takes a SoC entered by hand, and none where no module is configured', () => {
    const by = (changes: Record<string, string>): unknown =>
      modelOf('1.9', changes).chargePoints[0]?.vehicle;
    expect(by({ 'lp/1/boolSocManual': '1', 'lp/1/boolSocConfigured': '0' })).toMatchObject({
      soc: 61,
      manual: true,
    });
    expect(by({ 'lp/1/boolSocConfigured': '0' })).toBeNull();
    expect(by({ 'lp/1/%Soc': '300' })).toBeNull();
  });
});

describe('openWB 2.x', () => {
  it('gives the golden model', () => {
    const model = modelOf('2.x', {
      'counter/0/get/power': '8412.5',
      'pv/get/power': '-1234',
      'counter/set/home_consumption': '512',
    });
    const { chargePoints, ...home } = model;
    expect(home).toEqual({
      version: '2.x',
      software: '2.2.2',
      grid: { power: 8412.5, importedToday: 8.21, exportedToday: 2.34 },
      pv: { power: 1234, producedToday: 14.45 },
      house: { power: 512, usedToday: 6.32 },
      battery: {
        power: -2400,
        soc: 72,
        chargedToday: 4.32,
        dischargedToday: 5.21,
      },
      charging: { power: 11040, chargedToday: 18.44 },
      commonMode: null,
      notice: null,
    });
    expect(chargePoints.map(({ id }) => id)).toEqual([3, 5]);
    const { template, ...point } = chargePoints[0] ?? {};
    expect(point).toEqual({
      id: 3,
      name: 'Ladepunkt Garage',
      power: 11040,
      current: 16,
      phases: 3,
      plugged: true,
      charging: true,
      locked: false,
      vehicle: { name: 'Kombi', soc: 61, manual: false, range: 250 },
      chargedSincePlugged: 9.85,
      rangeCharged: 58,
      timeLeft: null,
      reason: 'Ladung mit Sofortladen, bis 80 % SoC erreicht sind.',
      fault: null,
      mode: { mode: 'instant', text: 'instant_charging' },
      instantCurrent: 16,
      limit: { kind: 'soc', soc: 80 },
    });
    expect(template).toEqual(
      JSON.parse(String(kHomes['2.x']['chargepoint/3/set/charge_template'])),
    );
    expect(chargePoints[1]?.fault).toEqual({
      level: 'warning',
      text: 'Der Zähler antwortet nicht.',
    });
  });

  it('takes the first counter of the hierarchy for the grid, wherever the charge points hang', () => {
    const hierarchy = [
      {
        id: 7,
        type: 'counter',
        children: [
          {
            id: 6,
            type: 'counter',
            children: [{ id: 3, type: 'cp', children: [] }],
          },
        ],
      },
    ];
    const model = modelOf('2.x', {
      'counter/get/hierarchy': JSON.stringify(hierarchy),
      'counter/7/get/power': '42',
      'counter/6/get/power': '99',
    });
    expect(model.grid.power).toBe(42);
    expect(model.chargePoints.map(({ id }) => id)).toEqual([3]);
  });

  it('shows the mode of homes before 2.1.8, which cannot be changed', () => {
    const point = modelOf('2.x', {
      'chargepoint/3/set/charge_template': null,
      'chargepoint/3/get/connected_vehicle/config': '{"chargemode":"pv_charging"}',
    }).chargePoints[0];
    expect(point?.mode).toEqual({ mode: 'pv', text: 'pv_charging' });
    expect(point?.template).toBeNull();
  });

  it('keeps the text of a mode it does not know', () => {
    const template = '{"chargemode":{"selected":"bidi_charging"}}';
    const point = modelOf('2.x', {
      'chargepoint/3/set/charge_template': template,
    }).chargePoints[0];
    expect(point?.mode).toEqual({ mode: null, text: 'bidi_charging' });
  });

  it('knows the SoC without plug from the vehicle itself, and one entered by hand', () => {
    const vehicle = modelOf('2.x', {
      'chargepoint/3/get/connected_vehicle/soc': null,
      'chargepoint/3/get/connected_vehicle/info': null,
      'vehicle/1/get/soc': '44.5',
      'vehicle/1/soc_module/calculated_soc_state': '{"manual_soc":44}',
    }).chargePoints[0]?.vehicle;
    expect(vehicle).toEqual({
      name: 'Kombi',
      soc: 44.5,
      manual: true,
      range: 250,
    });
  });

  it('survives a hierarchy that is no tree of nodes', () => {
    for (const text of [
      'null',
      '{}',
      '[1,null,{"id":"x"}]',
      '[{"id":0,"type":"counter","children":5}]',
      '[',
    ]) {
      const model = modelOf('2.x', { 'counter/get/hierarchy': text });
      expect(numbersIn(model).every(Number.isFinite)).toBe(true);
    }
  });
});

describe.each(kVersions)('%s with something missing', (version) => {
  const full = modelOf(version);

  it.each(Object.keys(kHomes[version]))('has only finite numbers without %s', (topic) => {
    const model = modelOf(version, { [topic]: null });
    expect(numbersIn(model).every(Number.isFinite)).toBe(true);
    expect(JSON.stringify(model)).not.toContain('undefined');
    expect(model.chargePoints.length).toBeGreaterThan(0);
  });

  it.each(['', ' ', 'null', 'NaN', 'abc', '{}', '[]', '"x"', '1e999', '\u0000'])(
    'takes %j in every topic for a missing value',
    (nonsense) => {
      for (const topic of Object.keys(kHomes[version])) {
        const model = modelOf(version, { [topic]: nonsense });
        expect(numbersIn(model).every(Number.isFinite)).toBe(true);
      }
    },
  );

  it('is itself complete', () => {
    expect(full.grid.power).not.toBeNull();
    expect(full.pv?.power).not.toBeNull();
    expect(full.house.power).not.toBeNull();
  });
});
