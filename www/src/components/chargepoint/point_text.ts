import { amps, power } from '@/i18n/format';
import { t, type Key } from '@/i18n/i18n';
import type { ChargePoint, ModeValue } from '@/types/model';

const kChargingWatts = 50;

/** The point's state in words. */
export function stateSentence(point: ChargePoint): string {
  if (isCharging(point)) {
    const parts = [
      point.power === null
        ? t('point.chargingPlain')
        : t('point.charging', { power: power(point.power) }),
    ];
    if (point.phases !== null && point.phases > 0) {
      parts.push(t('point.phases', { count: point.phases }));
    }
    if (point.current !== null && point.current > 0) parts.push(amps(point.current));
    return parts.join(', ');
  }
  if (point.locked === true) return t('point.locked');
  if (point.plugged === false) return t('point.unplugged');
  if (point.plugged === null) return t('point.unknown');
  return t(waitingKey(point.mode));
}

function waitingKey(mode: ModeValue | null): Key {
  if (mode?.mode === 'pv') return 'point.waitingPv';
  return mode?.mode === 'stop' ? 'point.stopped' : 'point.waiting';
}

/** 2.x reports "charging" for some cycles after the car has stopped: then the power decides. */
export function isCharging(point: ChargePoint): boolean {
  return point.charging === true && (point.power === null || point.power >= kChargingWatts);
}

export function pointName(point: ChargePoint): string {
  return point.name ?? t('role.chargePoint', { id: point.id });
}

export function modeText(mode: ModeValue | null): string {
  if (!mode) return t('empty');
  return mode.mode ? t(`mode.${mode.mode}`) : mode.text;
}

/** Charging first, then plugged, then the rest; else as the home numbers them. */
export function inOrder(points: readonly ChargePoint[]): ChargePoint[] {
  const rank = (point: ChargePoint): number => (isCharging(point) ? 0 : point.plugged ? 1 : 2);
  return [...points].sort((a, b) => rank(a) - rank(b) || a.id - b.id);
}
