import type {
  Battery,
  ChargePoint,
  Fault,
  HomeModel,
  Limit,
  Mode,
  ModeValue,
  Pv,
  Vehicle,
} from '@/types/model';
import { isObject, numberIn, textIn, valueIn, type JsonObject } from './json';
import { produced, socOf, toKwh, type Topics } from './topics';

/** `chargemode.selected` of a charge template. */
export const kModes2: Readonly<Record<string, Mode>> = {
  instant_charging: 'instant',
  pv_charging: 'pv',
  scheduled_charging: 'scheduled',
  eco_charging: 'eco',
  standby: 'standby',
  stop: 'stop',
};

/** Bound of what a hierarchy may hold; real homes have some ten nodes. */
const kMaxNodes = 200;

interface Node {
  readonly id: number;
  readonly type: string;
}

/** Reads the model of an openWB 2.x home: JSON, energies in Wh. */
export function adapt2(topics: Topics): HomeModel {
  const nodes = hierarchyOf(topics.json('counter/get/hierarchy'));
  const grid = nodes.find((node) => node.type === 'counter');
  const meter = grid ? `counter/${grid.id}/get` : null;
  return {
    version: '2.x',
    software: topics.jsonText('system/version'),
    grid: {
      power: meter ? topics.jsonNumber(`${meter}/power`) : null,
      importedToday: meter ? toKwh(topics.jsonNumber(`${meter}/daily_imported`)) : null,
      exportedToday: meter ? toKwh(topics.jsonNumber(`${meter}/daily_exported`)) : null,
    },
    pv: pvOf(topics, nodes),
    house: {
      power: topics.jsonNumber('counter/set/home_consumption'),
      usedToday: toKwh(topics.jsonNumber('counter/set/daily_yield_home_consumption')),
    },
    battery: batteryOf(topics, nodes),
    charging: {
      power: topics.jsonNumber('chargepoint/get/power'),
      chargedToday: toKwh(topics.jsonNumber('chargepoint/get/daily_imported')),
    },
    chargePoints: chargePointIds(topics, nodes).map((id) => chargePointOf(topics, id)),
    commonMode: null,
    notice: null,
  };
}

/** All nodes, the meter at the grid first. */
function hierarchyOf(json: unknown): Node[] {
  const nodes: Node[] = [];
  const open: unknown[] = Array.isArray(json) ? [...(json as unknown[])] : [];
  while (open.length > 0 && nodes.length < kMaxNodes) {
    const entry = open.shift();
    const id = numberIn(entry, 'id');
    const type = textIn(entry, 'type');
    const children = valueIn(entry, 'children');
    if (id !== null && type !== null) nodes.push({ id, type });
    if (Array.isArray(children)) open.push(...(children as unknown[]));
  }
  return nodes;
}

function pvOf(topics: Topics, nodes: readonly Node[]): Pv | null {
  const power = topics.jsonNumber('pv/get/power');
  const configured = topics.jsonFlag('pv/config/configured');
  if (!(configured ?? (power !== null || nodes.some((n) => n.type === 'inverter')))) return null;
  return {
    power: produced(power),
    producedToday: toKwh(topics.jsonNumber('pv/get/daily_exported')),
  };
}

function batteryOf(topics: Topics, nodes: readonly Node[]): Battery | null {
  const configured = topics.jsonFlag('bat/config/configured');
  if (!(configured ?? nodes.some((node) => node.type === 'bat'))) return null;
  return {
    power: topics.jsonNumber('bat/get/power'),
    soc: socOf(topics.jsonNumber('bat/get/soc')),
    chargedToday: toKwh(topics.jsonNumber('bat/get/daily_imported')),
    dischargedToday: toKwh(topics.jsonNumber('bat/get/daily_exported')),
  };
}

/** From the hierarchy; while it is missing, whatever charge point says something. */
function chargePointIds(topics: Topics, nodes: readonly Node[]): number[] {
  if (nodes.length > 0) return nodes.filter((n) => n.type === 'cp').map((n) => n.id);
  const ids = new Set<number>();
  for (const name of topics.names()) {
    const match = /^chargepoint\/(\d{1,6})\/(?:get|config)\b/.exec(name);
    if (match && ids.size < kMaxNodes) ids.add(Number(match[1]));
  }
  return [...ids].sort((a, b) => a - b);
}

function chargePointOf(topics: Topics, id: number): ChargePoint {
  const cp = `chargepoint/${id}`;
  const log = topics.json(`${cp}/set/log`);
  const json = topics.json(`${cp}/set/charge_template`);
  const template = isObject(json) ? json : null;
  return {
    id,
    name: textIn(topics.json(`${cp}/config`), 'name'),
    power: topics.jsonNumber(`${cp}/get/power`),
    current: topics.jsonNumber(`${cp}/set/current`),
    phases: topics.jsonNumber(`${cp}/get/phases_in_use`),
    plugged: topics.jsonFlag(`${cp}/get/plug_state`),
    charging: topics.jsonFlag(`${cp}/get/charge_state`),
    locked: topics.jsonFlag(`${cp}/set/manual_lock`),
    vehicle: vehicleOf(topics, cp),
    chargedSincePlugged: toKwh(numberIn(log, 'imported_since_plugged')),
    rangeCharged: numberIn(log, 'range_charged'),
    timeLeft: null,
    reason: topics.jsonText(`${cp}/get/state_str`),
    fault: faultOf(topics, cp),
    mode: modeOf(topics, cp, template),
    instantCurrent: numberIn(template, 'chargemode', 'instant_charging', 'current'),
    limit: limitOf(template),
    template,
  };
}

/** Until 2.1.7 there was no template at the charge point: then the mode can be shown only. */
function modeOf(topics: Topics, cp: string, template: JsonObject | null): ModeValue | null {
  const text =
    textIn(template, 'chargemode', 'selected') ??
    textIn(topics.json(`${cp}/get/connected_vehicle/config`), 'chargemode');
  return text === null
    ? null
    : { mode: Object.hasOwn(kModes2, text) ? (kModes2[text] ?? null) : null, text };
}

/** The vehicle assigned to the point; what it says itself wins over what the point says of it. */
function vehicleOf(topics: Topics, cp: string): Vehicle | null {
  const info = topics.json(`${cp}/get/connected_vehicle/info`);
  const status = topics.json(`${cp}/get/connected_vehicle/soc`);
  const id = numberIn(info, 'id') ?? numberIn(topics.json(`${cp}/config`), 'ev');
  const own = id === null ? null : `vehicle/${id}`;
  const name = textIn(info, 'name') ?? (own ? topics.jsonText(`${own}/name`) : null);
  const soc = socOf(numberIn(status, 'soc') ?? (own ? topics.jsonNumber(`${own}/get/soc`) : null));
  if (name === null && soc === null) return null;
  const calculated = own ? topics.json(`${own}/soc_module/calculated_soc_state`) : null;
  return {
    name,
    soc,
    manual: numberIn(calculated, 'manual_soc') !== null,
    range: own ? topics.jsonNumber(`${own}/get/range`) : null,
  };
}

/** The limit of the mode that is selected. */
function limitOf(template: JsonObject | null): Limit | null {
  const selected = textIn(template, 'chargemode', 'selected');
  const limit = selected === null ? null : valueIn(template, 'chargemode', selected, 'limit');
  const kind = textIn(limit, 'selected');
  const amount = numberIn(limit, 'amount');
  const soc = socOf(numberIn(limit, 'soc'));
  if (kind === 'amount' && amount !== null) return { kind: 'energy', kwh: amount / 1000 };
  if (kind === 'soc' && soc !== null) return { kind: 'soc', soc };
  return null;
}

function faultOf(topics: Topics, cp: string): Fault | null {
  const level = topics.jsonNumber(`${cp}/get/fault_state`) ?? 0;
  if (level <= 0) return null;
  return { level: level >= 2 ? 'fault' : 'warning', text: topics.jsonText(`${cp}/get/fault_str`) };
}
