import type { ChargePoint, HomeModel, Mode } from '@/types/model';
import { kModes19 } from './adapter_1_9';
import { kModes2 } from './adapter_2';
import { valueIn } from './json';

/** What the user wants changed, and how the home's status will show that it obeyed. */
export type Intent = {
  /** One per control: a new intent replaces the older one of the same control. */
  readonly key: string;
  /** What the control shows meanwhile. */
  readonly value: string | number | boolean;
} & (
  | {
      readonly kind: 'plain';
      /** Below `U/openWB/`. */
      readonly topic: string;
      readonly payload: string;
      confirmed(model: HomeModel): boolean;
    }
  | {
      /** 2.x: one field of a charge template, which is written whole. */
      readonly kind: 'template';
      readonly point: number;
      readonly path: readonly string[];
      readonly json: string | number;
    }
);

const kModesOf: Readonly<Record<HomeModel['version'], readonly Mode[]>> = {
  '1.9': ['instant', 'min_pv', 'pv', 'standby', 'stop'],
  '2.x': ['instant', 'pv', 'scheduled', 'eco', 'stop'],
};

/** The modes a user can choose, in the order of the mode bar. */
export function selectableModes(model: HomeModel): readonly Mode[] {
  return kModesOf[model.version];
}

export const kControls = ['mode', 'instant', 'lock'] as const;
export type Control = (typeof kControls)[number];

/** Names one control of the page. `point` is null for the mode of all points. */
export function controlKey(control: Control, point: number | null): string {
  return point === null ? control : `${control}/${point}`;
}

/** `point` is null for 1.9, where the mode is common to all points. */
export function modeIntent(model: HomeModel, point: ChargePoint | null, mode: Mode): Intent | null {
  if (model.version === '1.9') {
    const number = kModes19.indexOf(mode);
    if (number < 0) return null;
    return {
      kind: 'plain',
      key: controlKey('mode', null),
      value: mode,
      topic: 'set/ChargeMode',
      payload: String(number),
      confirmed: (now) => now.commonMode?.mode === mode,
    };
  }
  const selected = Object.keys(kModes2).find((name) => kModes2[name] === mode);
  if (!point?.template || selected === undefined) return null;
  return {
    kind: 'template',
    key: controlKey('mode', point.id),
    value: mode,
    point: point.id,
    path: ['chargemode', 'selected'],
    json: selected,
  };
}

export const kInstantAmps = { min: 6, max: 32 } as const;

export function instantCurrentIntent(
  model: HomeModel,
  point: ChargePoint,
  amps: number,
): Intent | null {
  const allowed = Number.isInteger(amps) && amps >= kInstantAmps.min && amps <= kInstantAmps.max;
  if (!allowed) return null;
  const key = controlKey('instant', point.id);
  if (model.version === '1.9') {
    return {
      kind: 'plain',
      key,
      value: amps,
      topic: `config/set/sofort/lp/${point.id}/current`,
      payload: String(amps),
      confirmed: (now) => pointOf(now, point.id)?.instantCurrent === amps,
    };
  }
  if (!point.template) return null;
  const path = ['chargemode', 'instant_charging', 'current'];
  return { kind: 'template', key, value: amps, point: point.id, path, json: amps };
}

export function lockIntent(model: HomeModel, point: ChargePoint, locked: boolean): Intent {
  const first = model.version === '1.9';
  return {
    kind: 'plain',
    key: controlKey('lock', point.id),
    value: locked,
    topic: first
      ? `set/lp/${point.id}/ChargePointEnabled`
      : `set/chargepoint/${point.id}/set/manual_lock`,
    payload: first ? (locked ? '0' : '1') : String(locked),
    confirmed: (now) => pointOf(now, point.id)?.locked === locked,
  };
}

export function pointOf(model: HomeModel, id: number): ChargePoint | null {
  return model.chargePoints.find((point) => point.id === id) ?? null;
}

/** Does the home's status show what `intent` wants? */
export function isConfirmed(intent: Intent, model: HomeModel): boolean {
  if (intent.kind === 'plain') return intent.confirmed(model);
  return valueIn(pointOf(model, intent.point)?.template, ...intent.path) === intent.json;
}
