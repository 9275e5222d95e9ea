import { parseJson } from './json';
import { kMaxTopics } from '@/mqtt/frame_batch';

/** Longest text kept of one topic; what the dashboard shows is far shorter. */
const kMaxPayload = 256 * 1024;

/** The last value of every topic below `U/openWB/`. Readers treat a wrong type as a missing value. */
export class Topics {
  private readonly values = new Map<string, string>();
  private readonly parsed = new Map<string, unknown>();

  /** An empty value deletes. */
  set(topic: string, value: string): void {
    this.parsed.delete(topic);
    if (value === '') {
      this.values.delete(topic);
    } else if (value.length <= kMaxPayload) {
      if (this.values.size < kMaxTopics || this.values.has(topic)) this.values.set(topic, value);
    }
  }

  has(topic: string): boolean {
    return this.values.has(topic);
  }

  names(): IterableIterator<string> {
    return this.values.keys();
  }

  /** Plain text as 1.9 sends it, null if it is empty or blank. */
  text(topic: string): string | null {
    const text = this.values.get(topic)?.trim() ?? '';
    return text === '' ? null : text;
  }

  /** A decimal number as 1.9 sends it. */
  number(topic: string): number | null {
    const text = this.text(topic);
    if (text === null || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return null;
    const value = Number(text);
    return Number.isFinite(value) ? value : null;
  }

  /** `0` or `1`. */
  flag(topic: string): boolean | null {
    const value = this.number(topic);
    return value === null ? null : value !== 0;
  }

  /** A JSON payload as 2.x sends it, null if it is missing or broken. */
  json(topic: string): unknown {
    if (this.parsed.has(topic)) return this.parsed.get(topic);
    const value = this.values.get(topic);
    const json = value === undefined ? null : parseJson(value);
    this.parsed.set(topic, json);
    return json;
  }

  jsonNumber(topic: string): number | null {
    const value = this.json(topic);
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
  }

  jsonFlag(topic: string): boolean | null {
    const value = this.json(topic);
    return typeof value === 'boolean' ? value : null;
  }

  jsonText(topic: string): string | null {
    const value = this.json(topic);
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
  }
}

/** −W of a producing inverter as a positive power; the little it draws at night counts as 0. */
export function produced(power: number | null): number | null {
  return power === null ? null : Math.max(0, -power);
}

/** A state of charge outside 0..100 is none. */
export function socOf(value: number | null): number | null {
  return value !== null && value >= 0 && value <= 100 ? value : null;
}

export function toKwh(wattHours: number | null): number | null {
  return wattHours === null ? null : wattHours / 1000;
}
