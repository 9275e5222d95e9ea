import type { Role } from '@/types/session';
import type { Subscription } from './packet';

/**
 * What the dashboard subscribes to, without `U/openWB/`. Narrow on purpose: the status data of a home
 * also hold passwords of cars, meters and of the bridge itself.
 */
const kFilters = {
  both: ['pv/#'],
  v1: [
    ...['global/#', 'evu/#', 'lp/#', 'housebattery/#', 'Verbraucher/#', 'SmartHome/#'],
    ...['system/Timestamp', 'system/Version', 'config/get/sofort/#', 'config/get/pv/#'],
    ...devices('config/get/SmartHome/Devices/+'),
  ],
  v2: [
    ...['counter/#', 'bat/#', 'chargepoint/#', 'vehicle/+/name', 'vehicle/+/get/#'],
    ...['vehicle/+/soc_module/calculated_soc_state', 'optional/ep/configured', 'optional/ep/get/#'],
    ...['general/chargemode_config/pv_charging/bat_mode', 'system/version', 'system/time'],
    'LegacySmartHome/Devices/#',
    ...devices('LegacySmartHome/config/get/Devices/+'),
    'LegacySmartHome/config/set/Devices/+/mode',
  ],
  owner: ['system/device/+/component/+/config'],
};

function devices(prefix: string): string[] {
  return ['device_configured', 'device_name', 'mode'].map((leaf) => `${prefix}/${leaf}`);
}

/** Every subscription of the dashboard for `user`. The home's state comes first and is acknowledged. */
export function subscriptionsOf(user: string, role: Role): Subscription[] {
  const filters = [...kFilters.both, ...kFilters.v1, ...kFilters.v2];
  if (role === 'owner') filters.push(...kFilters.owner);
  return [
    { filter: `${user}/cloud/home`, qos: 1 },
    ...filters.map((filter) => ({ filter: `${user}/openWB/${filter}`, qos: 0 as const })),
  ];
}
