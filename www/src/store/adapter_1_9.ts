import type {
  Battery,
  ChargePoint,
  Fault,
  HomeModel,
  Limit,
  ModeValue,
  Pv,
  Vehicle,
} from '@/types/model';
import type { Mode } from '@/types/model';
import { parseJson } from './json';
import { produced, socOf, type Topics } from './topics';

/** `global/ChargeMode`. */
export const kModes19: readonly Mode[] = ['instant', 'min_pv', 'pv', 'stop', 'standby'];
export const kChargePoints19 = [1, 2, 3, 4, 5, 6, 7, 8] as const;

/** Reads the model of an openWB 1.9 home: plain text, day sums in kWh. */
export function adapt19(topics: Topics): HomeModel {
  const commonMode = modeOf(topics.text('global/ChargeMode'));
  return {
    version: '1.9',
    software: topics.text('system/Version'),
    grid: {
      power: topics.number('evu/W'),
      importedToday: topics.number('evu/DailyYieldImportKwh'),
      exportedToday: topics.number('evu/DailyYieldExportKwh'),
    },
    pv: pvOf(topics),
    house: {
      power: topics.number('global/WHouseConsumption'),
      usedToday: topics.number('global/DailyYieldHausverbrauchKwh'),
    },
    battery: batteryOf(topics),
    charging: {
      power: topics.number('global/WAllChargePoints'),
      chargedToday: topics.number('global/DailyYieldAllChargePointsKwh'),
    },
    chargePoints: kChargePoints19
      .filter((id) => isConfigured(topics, id))
      .map((id) => chargePointOf(topics, id, commonMode)),
    commonMode,
    notice: topics.text('global/strLastmanagementActive'),
  };
}

function modeOf(text: string | null): ModeValue | null {
  return text === null
    ? null
    : { mode: kModes19[/^\d$/.test(text) ? Number(text) : -1] ?? null, text };
}

function pvOf(topics: Topics): Pv | null {
  const power = topics.number('pv/W');
  const producedToday = topics.number('pv/DailyYieldKwh');
  const flags = [1, 2].map((n) => topics.flag(`pv/${n}/boolPVConfigured`));
  const there = flags.some((flag) => flag !== null)
    ? flags.includes(true)
    : power !== null || producedToday !== null;
  return there ? { power: produced(power), producedToday } : null;
}

/** Without the flag only a battery that does something is believed: homes without one send zeros. */
function batteryOf(topics: Topics): Battery | null {
  const power = topics.number('housebattery/W');
  const soc = socOf(topics.number('housebattery/%Soc'));
  const configured = topics.flag('housebattery/boolHouseBatteryConfigured');
  if (!(configured ?? ((power ?? 0) !== 0 || (soc ?? 0) > 0))) return null;
  return {
    power,
    soc,
    chargedToday: topics.number('housebattery/DailyYieldImportKwh'),
    dischargedToday: topics.number('housebattery/DailyYieldExportKwh'),
  };
}

/** Number 1 always exists, so its flag may be missing. */
function isConfigured(topics: Topics, id: number): boolean {
  const configured = topics.flag(`lp/${id}/boolChargePointConfigured`);
  return configured ?? (id === 1 && (topics.has('lp/1/W') || topics.has('lp/1/boolPlugStat')));
}

function chargePointOf(topics: Topics, id: number, mode: ModeValue | null): ChargePoint {
  const lp = `lp/${id}`;
  const enabled = topics.flag(`${lp}/ChargePointEnabled`);
  const charged = topics.number(`${lp}/kWhChargedSincePlugged`);
  const per100km = topics.number(`${lp}/energyConsumptionPer100km`);
  const timeLeft = topics.text(`${lp}/TimeRemaining`);
  return {
    id,
    name: topics.text(`${lp}/strChargePointName`),
    power: topics.number(`${lp}/W`),
    current: topics.number(`${lp}/AConfigured`),
    phases: topics.number(`${lp}/countPhasesInUse`),
    plugged: topics.flag(`${lp}/boolPlugStat`),
    charging: topics.flag(`${lp}/boolChargeStat`),
    locked: enabled === null ? null : !enabled,
    vehicle: vehicleOf(topics, id),
    chargedSincePlugged: charged,
    rangeCharged:
      charged !== null && per100km !== null && per100km > 0 ? (charged / per100km) * 100 : null,
    timeLeft: timeLeft !== null && /\d/.test(timeLeft) ? timeLeft : null,
    reason: null,
    fault: faultOf(topics, lp),
    mode,
    instantCurrent: topics.number(`config/get/sofort/lp/${id}/current`),
    limit: mode?.mode === 'instant' ? limitOf(topics, id) : null,
    template: null,
  };
}

function vehicleOf(topics: Topics, id: number): Vehicle | null {
  const soc = socOf(topics.number(`lp/${id}/%Soc`));
  const manual = topics.flag(`lp/${id}/boolSocManual`) === true;
  const configured = manual || topics.flag(`lp/${id}/boolSocConfigured`) === true;
  return configured && soc !== null ? { name: null, soc, manual, range: null } : null;
}

function limitOf(topics: Topics, id: number): Limit | null {
  const sofort = `config/get/sofort/lp/${id}`;
  const kind = topics.number(`${sofort}/chargeLimitation`);
  const kwh = topics.number(`${sofort}/energyToCharge`);
  const soc = socOf(topics.number(`${sofort}/socToChargeTo`));
  if (kind === 1 && kwh !== null) return { kind: 'energy', kwh };
  if (kind === 2 && soc !== null) return { kind: 'soc', soc };
  return null;
}

function faultOf(topics: Topics, lp: string): Fault | null {
  const level = topics.number(`${lp}/faultState`) ?? 0;
  if (level <= 0) return null;
  const text = topics.text(`${lp}/faultStr`);
  const unquoted = text?.startsWith('"') ? parseJson(text) : text; // some modules quote it
  return {
    level: level >= 2 ? 'fault' : 'warning',
    text: typeof unquoted === 'string' ? unquoted : text,
  };
}
