// Situations a dashboard can be in, by name. `/start?NAME` of the harness leads into one.
import { home19, home2 } from './homes.mjs';

const seconds = () => Math.floor(Date.now() / 1000);
const online = () => ({
  connected: true,
  since: seconds() - 86400,
  last: seconds(),
  writable: true,
  bridge_bit: true,
});
const owner = { role: 'owner', theme: 'standard', language: '', home_name: '' };
const hostile = '<img src=x onerror=alert(1)>"\'&{{7*7}} 🚗'.repeat(5);

const without = (values, ...gone) => {
  return (now) => {
    const all = values(now);
    for (const topic of gone) delete all[topic];
    return all;
  };
};

export const scenarios = {
  v1: () => ({
    session: { ...owner, home_name: 'Sonnenhof' },
    values: home19,
    cloud: online(),
  }),
  v2: () => ({ session: owner, values: home2, cloud: online() }),
  instant: () => ({
    session: owner,
    values: (now) => ({ ...home19(now), 'global/ChargeMode': '0' }),
    cloud: online(),
  }),
  deaf: () => ({
    session: owner,
    values: home19,
    cloud: online(),
    obeys: false,
  }),
  refusing: () => ({
    session: owner,
    values: home19,
    cloud: online(),
    reason: 0x87,
  }),
  readonly: () => ({
    session: owner,
    values: home2,
    cloud: { ...online(), writable: false },
  }),
  viewer: () => ({
    session: { ...owner, role: 'viewer' },
    values: home19,
    cloud: online(),
  }),
  old2: () => ({
    session: owner,
    values: without(
      home2,
      'chargepoint/3/set/charge_template',
      'chargepoint/5/set/charge_template',
    ),
    cloud: online(),
  }),
  offline: () => ({
    session: owner,
    values: home19,
    frozen: seconds() - 4000,
    cloud: {
      ...online(),
      connected: false,
      since: seconds() - 3980,
      writable: false,
    },
  }),
  silent: () => ({
    session: owner,
    values: home2,
    frozen: seconds() - 170,
    cloud: online(),
  }),
  unknown: () => ({
    session: owner,
    values: () => ({}),
    cloud: {
      connected: false,
      since: 0,
      last: 0,
      writable: false,
      bridge_bit: false,
    },
  }),
  loading: () => ({ session: owner, values: () => ({}), cloud: online() }),
  sparse: () => ({
    session: owner,
    values: (now) => ({ 'evu/W': 512, 'system/Timestamp': Math.floor(now) }),
    cloud: online(),
  }),
  hostile: () => ({
    session: { ...owner, home_name: hostile },
    values: (now) => ({
      ...home19(now),
      'lp/1/strChargePointName': hostile,
      'lp/1/faultState': '2',
      'lp/1/faultStr': hostile,
      'lp/1/TimeRemaining': hostile,
      'global/strLastmanagementActive': hostile,
      'global/ChargeMode': '7',
    }),
    cloud: online(),
  }),
  dark: () => ({
    session: { ...owner, theme: 'dark' },
    values: home2,
    cloud: online(),
  }),
};
