import { language, t, type Language } from './i18n';

const kNarrowSpace = '\u202f';

type NumberStyle = 'whole' | 'tenth';
const numbers = new Map<string, Intl.NumberFormat>();

function number(value: number, style: NumberStyle): string {
  const key = `${language.value} ${style}`;
  let format = numbers.get(key);
  if (!format) {
    const digits = style === 'whole' ? 0 : 1;
    format = new Intl.NumberFormat(localeOf(language.value), {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: 'negative', // no minus before a rounded zero
    });
    numbers.set(key, format);
  }
  return format.format(value);
}

function localeOf(wish: Language): string {
  return wish === 'de' ? 'de-DE' : 'en-GB';
}

/** A value and its unit, to be shown in different sizes. */
export interface Figure {
  readonly value: string;
  readonly unit: string;
}

export function joined(figure: Figure): string {
  return figure.unit === '' ? figure.value : figure.value + kNarrowSpace + figure.unit;
}

function figure(value: number | null, style: NumberStyle, unit: string): Figure {
  return value === null ? { value: t('empty'), unit: '' } : { value: number(value, style), unit };
}

/** Below 1 kW whole W, else kW with one decimal. */
export function powerFigure(watts: number | null): Figure {
  if (watts === null || Math.abs(Math.round(watts)) < 1000) return figure(watts, 'whole', 'W');
  return figure(watts / 1000, 'tenth', 'kW');
}

export function energyFigure(kwh: number | null): Figure {
  return figure(kwh, 'tenth', 'kWh');
}

/** `ratio` is 0..1. */
export function percentFigure(ratio: number | null): Figure {
  return figure(ratio === null ? null : ratio * 100, 'whole', '%');
}

export const power = (watts: number | null): string => joined(powerFigure(watts));
export const energy = (kwh: number | null): string => joined(energyFigure(kwh));
export const soc = (percent: number | null): string => joined(figure(percent, 'whole', '%'));
export const amps = (value: number | null): string => joined(figure(value, 'whole', 'A'));
export const kilometres = (value: number | null): string => joined(figure(value, 'whole', 'km'));

/** Hour and minute; with the date before it if that is not today. `–` if unknown. */
export function moment(unixSeconds: number | null, now: number): string {
  if (unixSeconds === null) return t('empty');
  const then = new Date(unixSeconds * 1000);
  if (Number.isNaN(then.getTime())) return t('empty');
  const locale = localeOf(language.value);
  const time = then.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });
  if (then.toDateString() === new Date(now).toDateString()) return time;
  return `${then.toLocaleDateString(locale, { day: '2-digit', month: '2-digit' })} ${time}`;
}
