import { ref, watchEffect } from 'vue';
import { languageOf, setLanguage } from '@/i18n/i18n';
import type { Session } from '@/types/session';

export type Theme = 'system' | 'light' | 'dark';
export const kThemes: readonly Theme[] = ['system', 'light', 'dark'];

const kThemeKey = 'owb-theme';
const kLanguageKey = 'owb-language';

/** The look chosen on this device; else the account's, else the device's own. */
export const theme = ref<Theme>('system');

/** Applies what this device remembers. To be called once, before anything is drawn. */
export function startPreferences(): Promise<void> {
  watchEffect(() => {
    if (theme.value === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
  });
  theme.value = themeOf(read(kThemeKey)) ?? 'system';
  return setLanguage(languageOf(read(kLanguageKey), ...navigator.languages));
}

/** The account's wishes count where this device has none of its own. */
export async function adoptAccount(session: Session): Promise<void> {
  if (themeOf(read(kThemeKey)) === null) theme.value = themeOfAccount(session.theme);
  if (read(kLanguageKey) === '' && session.language !== '') {
    await setLanguage(languageOf(session.language, ...navigator.languages));
  }
}

export function chooseTheme(choice: string): void {
  theme.value = themeOf(choice) ?? 'system';
  write(kThemeKey, theme.value);
}

export async function chooseLanguage(choice: string): Promise<void> {
  const known = languageOf(choice);
  await setLanguage(known);
  write(kLanguageKey, known);
}

/** `thema` of the predecessor also knows EvenDarker, colors and more. */
function themeOfAccount(thema: string): Theme {
  return /dark/i.test(thema) ? 'dark' : (themeOf(thema) ?? 'system');
}

function themeOf(text: string): Theme | null {
  return kThemes.find((known) => known === text) ?? null;
}

function read(key: string): string {
  try {
    return localStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

/** A browser that keeps nothing still shows the choice until the page is left. */
function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}
