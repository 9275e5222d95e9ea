export function bytes(...values: number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(values);
}

export function text(value: string): number[] {
  return [...new TextEncoder().encode(value)];
}
