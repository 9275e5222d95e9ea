import { computed, shallowRef } from 'vue';
import de from './de.json';

export type Key = keyof typeof de;
export type Texts = Readonly<Record<Key, string>>;
export type Language = 'de' | 'en';

export const kLanguages: Readonly<Record<Language, string>> = { de: 'Deutsch', en: 'English' };

/** German is part of the page, the other language is fetched when somebody wants it. */
const kLoaders: Readonly<Record<Language, () => Promise<Texts>>> = {
  de: () => Promise.resolve(de),
  en: async () => (await import('./en.json')).default,
};

const current = shallowRef<{ language: Language; texts: Texts }>({ language: 'de', texts: de });

export const language = computed(() => current.value.language);

/** Changes all texts; keeps the language it has if the other one cannot be fetched. */
export async function setLanguage(next: Language): Promise<void> {
  if (next === current.value.language) return;
  try {
    current.value = { language: next, texts: await kLoaders[next]() };
  } catch {
    return;
  }
  document.documentElement.lang = next;
}

/** The text of a key with its `{placeholders}` filled in. */
export function t(key: Key, values: Readonly<Record<string, string | number>> = {}): string {
  return current.value.texts[key].replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  );
}

/** The first language of the list that we speak. */
export function languageOf(...wishes: readonly string[]): Language {
  for (const wish of wishes) {
    const short = wish.slice(0, 2).toLowerCase();
    if (short === 'de' || short === 'en') return short;
  }
  return 'en';
}
