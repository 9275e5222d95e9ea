import { home19, home2, type Values } from '../harness/homes.mjs';
import { adapt19 } from '@/store/adapter_1_9';
import { adapt2 } from '@/store/adapter_2';
import { Topics } from '@/store/topics';
import type { HomeModel, Version } from '@/types/model';

/** A moment at which the scripted homes stand still. */
export const kNow = 1_763_724_890;

export const kHomes: Readonly<Record<Version, Values>> = {
  '1.9': home19(kNow),
  '2.x': home2(kNow),
};

export function topicsOf(values: Values): Topics {
  const topics = new Topics();
  for (const [topic, value] of Object.entries(values)) topics.set(topic, String(value));
  return topics;
}

/** The scripted home with some topics changed; `null` takes one away. */
export function modelOf(
  version: Version,
  changes: Readonly<Record<string, string | null>> = {},
): HomeModel {
  const topics = topicsOf(kHomes[version]);
  for (const [topic, value] of Object.entries(changes)) topics.set(topic, value ?? '');
  return version === '1.9' ? adapt19(topics) : adapt2(topics);
}

/** Every number anywhere in a value. */
export function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}
