export type Values = Record<string, string | number | boolean>;

export function home19(now: number): Values;
export function home2(now: number): Values;
export function obey(topic: string, payload: string): [string, string] | null;
