import { afterEach, describe, expect, it } from 'vitest';
import de from '@/i18n/de.json';
import en from '@/i18n/en.json';
import { energy, moment, percentFigure, power, soc } from '@/i18n/format';
import { language, languageOf, setLanguage, t, type Key } from '@/i18n/i18n';

const placeholders = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

afterEach(() => setLanguage('de'));

describe('texts', () => {
  it('have the same keys in both languages', () => {
    expect(Object.keys(en)).toEqual(Object.keys(de));
  });

  it.each(Object.keys(de) as Key[])('%s has the same placeholders and is not empty', (key) => {
    expect(placeholders(en[key])).toEqual(placeholders(de[key]));
    expect(de[key].trim()).not.toBe('');
    expect(en[key].trim()).not.toBe('');
  });

  it('fill in values as they are, and leave what is missing', () => {
    expect(t('menu.account', { user: '$& {user} <b>' })).toBe('Angemeldet als $& {user} <b>');
    expect(t('menu.account')).toBe('Angemeldet als {user}');
  });

  it('change with the language, on the page too', async () => {
    await setLanguage('en');
    expect(language.value).toBe('en');
    expect(document.documentElement.lang).toBe('en');
    expect(t('mode.instant')).toBe('Instant');
  });

  it.each([
    [['de-AT', 'en'], 'de'],
    [['fr', 'en-US'], 'en'],
    [['', 'DE'], 'de'],
    [['fr'], 'en'],
    [[], 'en'],
  ])('%j means %s', (wishes, expected) => {
    expect(languageOf(...wishes)).toBe(expected);
  });
});

describe('numbers', () => {
  it.each([
    [null, '–'],
    [0, '0\u202fW'],
    [-0.2, '0\u202fW'],
    [999.4, '999\u202fW'],
    [999.6, '1,0\u202fkW'],
    [3680, '3,7\u202fkW'],
    [-1234, '-1,2\u202fkW'],
    [12_345_678, '12.345,7\u202fkW'],
  ])('power of %s is %s', (watts, text) => {
    expect(power(watts)).toBe(text);
  });

  it('energy, shares and states of charge', async () => {
    expect(energy(9.85)).toBe('9,9\u202fkWh');
    expect(energy(null)).toBe('–');
    expect(soc(61.4)).toBe('61\u202f%');
    expect(percentFigure(0.826)).toEqual({ value: '83', unit: '%' });
    await setLanguage('en');
    expect(energy(1234.5)).toBe('1,234.5\u202fkWh');
  });

  it('moments of today and of other days', () => {
    const now = new Date(2026, 10, 20, 15, 30).getTime();
    const at = (day: number): number => new Date(2026, 10, day, 14, 2).getTime() / 1000;
    expect(moment(at(20), now)).toBe('14:02');
    expect(moment(at(19), now)).toBe('19.11. 14:02');
    expect(moment(null, now)).toBe('–');
    expect(moment(1e20, now)).toBe('–');
  });
});
