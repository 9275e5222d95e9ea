// Values of two homes as their openWB sends them, from the topic lists. Functions of the time, so that
// something moves.

const wave = (seconds, period, low, high) =>
  Math.round(low + ((high - low) * (1 + Math.sin((2 * Math.PI * seconds) / period))) / 2);

/** openWB 1.9: plain text. */
export function home19(now) {
  const pv = wave(now, 90, 4800, 6100);
  const house = wave(now, 40, 380, 640);
  const car = 3680;
  const battery = 812;
  return {
    'global/ChargeMode': '2',
    'global/WHouseConsumption': house,
    'global/WAllChargePoints': car,
    'global/DailyYieldAllChargePointsKwh': '9.85',
    'global/DailyYieldHausverbrauchKwh': '5.32',
    'global/strLastmanagementActive': ' ',
    'system/Version': '1.9.304.0',
    'system/Timestamp': Math.floor(now),
    'evu/W': house + car + battery - pv,
    'evu/DailyYieldImportKwh': '3.21',
    'evu/DailyYieldExportKwh': '12.34',
    'pv/W': -pv,
    'pv/DailyYieldKwh': '28.21',
    'pv/1/boolPVConfigured': '1',
    'pv/2/boolPVConfigured': '0',
    'housebattery/W': battery,
    'housebattery/%Soc': '55',
    'housebattery/boolHouseBatteryConfigured': '1',
    'housebattery/DailyYieldImportKwh': '4.12',
    'housebattery/DailyYieldExportKwh': '3.88',
    'lp/1/boolChargePointConfigured': '1',
    'lp/1/strChargePointName': 'Garage links',
    'lp/1/W': car,
    'lp/1/AConfigured': '16',
    'lp/1/countPhasesInUse': '1',
    'lp/1/boolPlugStat': '1',
    'lp/1/boolChargeStat': '1',
    'lp/1/ChargePointEnabled': '1',
    'lp/1/%Soc': '61',
    'lp/1/boolSocConfigured': '1',
    'lp/1/boolSocManual': '0',
    'lp/1/kWhChargedSincePlugged': '9.85',
    'lp/1/energyConsumptionPer100km': '17',
    'lp/1/TimeRemaining': '1 H 12 Min',
    'lp/1/faultState': '0',
    'lp/1/faultStr': '"Kein Fehler."',
    'lp/2/boolChargePointConfigured': '1',
    'lp/2/strChargePointName': 'Carport',
    'lp/2/W': '0',
    'lp/2/AConfigured': '0',
    'lp/2/countPhasesInUse': '0',
    'lp/2/boolPlugStat': '0',
    'lp/2/boolChargeStat': '0',
    'lp/2/ChargePointEnabled': '1',
    'lp/2/kWhChargedSincePlugged': '0',
    'lp/2/TimeRemaining': '--',
    'lp/3/boolChargePointConfigured': '0',
    'config/get/sofort/lp/1/current': '16',
    'config/get/sofort/lp/1/chargeLimitation': '2',
    'config/get/sofort/lp/1/energyToCharge': '10',
    'config/get/sofort/lp/1/socToChargeTo': '80',
    'config/get/sofort/lp/2/current': '10',
    'config/get/pv/minCurrentMinPv': '6',
  };
}

const kTemplate = {
  id: 0,
  name: 'Standard-Lade-Profil',
  prio: false,
  load_default: false,
  time_charging: { active: false, plans: [] },
  chargemode: {
    selected: 'instant_charging',
    eco_charging: { current: 6, max_price: 0.0002, phases_to_use: 3 },
    pv_charging: {
      min_current: 0,
      min_soc: 0,
      min_soc_current: 10,
      feed_in_limit: false,
    },
    scheduled_charging: { plans: [] },
    instant_charging: {
      current: 16,
      phases_to_use: 3,
      limit: { selected: 'soc', amount: 50000, soc: 80 },
    },
  },
};

/** openWB 2.x: JSON. */
export function home2(now) {
  const pv = wave(now, 90, 900, 1700);
  const house = wave(now, 40, 480, 720);
  const car = 11040;
  const battery = -2400;
  return {
    'system/version': '"2.2.2"',
    'system/time': now,
    'counter/get/hierarchy': JSON.stringify([
      {
        id: 0,
        type: 'counter',
        children: [
          { id: 3, type: 'cp', children: [] },
          { id: 5, type: 'cp', children: [] },
          { id: 1, type: 'inverter', children: [] },
          { id: 2, type: 'bat', children: [] },
        ],
      },
    ]),
    'counter/0/get/power': house + car + battery - pv,
    'counter/0/get/daily_imported': 8210,
    'counter/0/get/daily_exported': 2340,
    'counter/set/home_consumption': house,
    'counter/set/daily_yield_home_consumption': 6320,
    'pv/config/configured': true,
    'pv/get/power': -pv,
    'pv/get/daily_exported': 14450,
    'bat/config/configured': true,
    'bat/get/power': battery,
    'bat/get/soc': 72,
    'bat/get/daily_imported': 4320,
    'bat/get/daily_exported': 5210,
    'chargepoint/get/power': car,
    'chargepoint/get/daily_imported': 18440,
    'chargepoint/3/config': JSON.stringify({
      id: 3,
      name: 'Ladepunkt Garage',
      ev: 1,
    }),
    'chargepoint/3/get/power': car,
    'chargepoint/3/get/plug_state': true,
    'chargepoint/3/get/charge_state': true,
    'chargepoint/3/get/phases_in_use': 3,
    'chargepoint/3/get/state_str': '"Ladung mit Sofortladen, bis 80 % SoC erreicht sind."',
    'chargepoint/3/get/fault_state': 0,
    'chargepoint/3/get/fault_str': '"Kein Fehler."',
    'chargepoint/3/get/connected_vehicle/info': JSON.stringify({
      id: 1,
      name: 'Kombi',
    }),
    'chargepoint/3/get/connected_vehicle/soc': JSON.stringify({
      soc: 61,
      range: 250,
    }),
    'chargepoint/3/set/current': 16,
    'chargepoint/3/set/manual_lock': false,
    'chargepoint/3/set/log': JSON.stringify({
      imported_since_plugged: 9850,
      range_charged: 58,
    }),
    'chargepoint/3/set/charge_template': JSON.stringify(kTemplate),
    'chargepoint/5/config': JSON.stringify({
      id: 5,
      name: 'Stellplatz 2',
      ev: 0,
    }),
    'chargepoint/5/get/power': 0,
    'chargepoint/5/get/plug_state': true,
    'chargepoint/5/get/charge_state': false,
    'chargepoint/5/get/phases_in_use': 0,
    'chargepoint/5/get/state_str': '"Wartet auf genügend Überschuss."',
    'chargepoint/5/get/fault_state': 1,
    'chargepoint/5/get/fault_str': '"Der Zähler antwortet nicht."',
    'chargepoint/5/get/connected_vehicle/info': JSON.stringify({
      id: 0,
      name: 'Standard-Fahrzeug',
    }),
    'chargepoint/5/set/current': 0,
    'chargepoint/5/set/manual_lock': false,
    'chargepoint/5/set/log': JSON.stringify({
      imported_since_plugged: 1230,
      range_charged: 7,
    }),
    'chargepoint/5/set/charge_template': JSON.stringify({
      ...kTemplate,
      chargemode: { ...kTemplate.chargemode, selected: 'pv_charging' },
    }),
    'vehicle/1/name': '"Kombi"',
    'vehicle/1/get/soc': 61,
    'vehicle/1/get/range': 250,
    'vehicle/1/soc_module/calculated_soc_state': '{"manual_soc":null}',
  };
}

/** What a home does with an order below `set/` or `config/set/`: the status topic and its new value. */
export function obey(topic, payload) {
  const mode = topic === 'set/ChargeMode' && ['global/ChargeMode', payload];
  if (mode) return mode;
  const config = /^config\/set\/(.+)$/.exec(topic);
  if (config) return [`config/get/${config[1]}`, payload];
  const plain = /^set\/(.+)$/.exec(topic);
  return plain ? [plain[1], payload] : null;
}
