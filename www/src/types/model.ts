/**
 * What the components see of a home, whichever openWB it runs. Powers in W, energies in kWh, SoC in %.
 * `null` is "not known": shown as –, never as 0. A missing device is missing here too.
 */
export type Version = '1.9' | '2.x';

export interface HomeModel {
  readonly version: Version;
  readonly software: string | null;
  readonly grid: Grid;
  readonly pv: Pv | null;
  readonly house: House;
  readonly battery: Battery | null;
  /** All charge points together. */
  readonly charging: Charging;
  readonly chargePoints: readonly ChargePoint[];
  /** 1.9: one mode for all charge points. Null with 2.x, where each point has its own. */
  readonly commonMode: ModeValue | null;
  /** What load management says about the whole home (1.9). */
  readonly notice: string | null;
}

export interface Grid {
  /** Positive: import. */
  readonly power: number | null;
  readonly importedToday: number | null;
  readonly exportedToday: number | null;
}

export interface Pv {
  /** Positive while producing. */
  readonly power: number | null;
  readonly producedToday: number | null;
}

export interface House {
  readonly power: number | null;
  readonly usedToday: number | null;
}

export interface Battery {
  /** Positive: charging. */
  readonly power: number | null;
  readonly soc: number | null;
  readonly chargedToday: number | null;
  readonly dischargedToday: number | null;
}

export interface Charging {
  readonly power: number | null;
  readonly chargedToday: number | null;
}

export type Mode = 'instant' | 'min_pv' | 'pv' | 'scheduled' | 'eco' | 'standby' | 'stop';

/** A mode we do not know keeps its own text. */
export interface ModeValue {
  readonly mode: Mode | null;
  readonly text: string;
}

export interface ChargePoint {
  readonly id: number;
  readonly name: string | null;
  readonly power: number | null;
  /** Amperes the control grants. */
  readonly current: number | null;
  readonly phases: number | null;
  readonly plugged: boolean | null;
  readonly charging: boolean | null;
  readonly locked: boolean | null;
  readonly vehicle: Vehicle | null;
  readonly chargedSincePlugged: number | null;
  readonly rangeCharged: number | null;
  readonly timeLeft: string | null;
  /** Why, in the home's own words. */
  readonly reason: string | null;
  readonly fault: Fault | null;
  readonly mode: ModeValue | null;
  readonly instantCurrent: number | null;
  readonly limit: Limit | null;
  /** 2.x: the profile in effect as last received; written back whole. */
  readonly template: JsonObject | null;
}

export interface Vehicle {
  readonly name: string | null;
  readonly soc: number | null;
  /** The SoC was entered by hand. */
  readonly manual: boolean;
  readonly range: number | null;
}

export interface Fault {
  readonly level: 'warning' | 'fault';
  readonly text: string | null;
}

/** Where charging ends in the mode chosen. */
export type Limit =
  | { readonly kind: 'energy'; readonly kwh: number }
  | { readonly kind: 'soc'; readonly soc: number };

type JsonObject = Readonly<Record<string, unknown>>;

/** `U/cloud/home`: what the broker knows of the home's connection. */
export interface CloudHome {
  readonly connected: boolean;
  /** Unix seconds; null if never. */
  readonly since: number | null;
  readonly last: number | null;
  /** The home takes orders from here. */
  readonly writable: boolean;
}
