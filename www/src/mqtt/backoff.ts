const kFirstSeconds = 0.5;
const kFactor = 1.7;
const kLongestSeconds = 20;
const kSpread = 0.3;

/** Waiting times between attempts: 0.5 s × 1.7 up to 20 s, ±30 % so that clients do not march in step. */
export class Backoff {
  private attempt = 0;

  /** `random` gives numbers in [0, 1). */
  constructor(private readonly random: () => number) {}

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const seconds = Math.min(kFirstSeconds * kFactor ** this.attempt, kLongestSeconds);
    if (seconds < kLongestSeconds) this.attempt++;
    return Math.round(seconds * 1000 * (1 - kSpread + 2 * kSpread * this.random()));
  }

  reset(): void {
    this.attempt = 0;
  }
}
