/** Reading of untrusted JSON: a wrong type is a missing value. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses, null if it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** The value at a path of keys, null if it is not there. */
export function valueIn(json: unknown, ...path: readonly string[]): unknown {
  let value = json;
  for (const key of path) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return null;
    value = value[key];
  }
  return value ?? null;
}

export function numberIn(json: unknown, ...path: readonly string[]): number | null {
  const value = valueIn(json, ...path);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function textIn(json: unknown, ...path: readonly string[]): string | null {
  const value = valueIn(json, ...path);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

export function flagIn(json: unknown, ...path: readonly string[]): boolean | null {
  const value = valueIn(json, ...path);
  return typeof value === 'boolean' ? value : null;
}

/** A copy of `json` with `value` at `path`; objects on the way are made where missing. */
export function withValue(json: JsonObject, path: readonly string[], value: unknown): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return json;
  const child = json[key];
  const next = rest.length === 0 ? value : withValue(isObject(child) ? child : {}, rest, value);
  return { ...json, [key]: next };
}
