const kShortestMs = 60_000;
const kLongestMs = 180_000;
const kIntervals = 2.5;

/**
 * The clock of a home (`system/Timestamp`, `system/time`): it moves in every control cycle, so it tells
 * whether a home lives. All times in milliseconds of this device.
 */
export class HomeClock {
  private value: number | null = null;
  private intervalMs = 0;
  /** When it was last seen moving; null until then. */
  movedAt: number | null = null;

  /**
   * `value` in Unix seconds. A value that was stored by the broker proves nothing about now; it counts
   * from its own time if that is plausible here.
   */
  observe(value: number, retained: boolean, now: number): void {
    if (value === this.value) return;
    this.value = value;
    if (retained) {
      const own = value * 1000;
      const plausible = Math.abs(now - own) <= kLongestMs;
      if (plausible) this.movedAt = Math.max(this.movedAt ?? 0, Math.min(own, now));
      return;
    }
    if (this.movedAt !== null) this.intervalMs = now - this.movedAt;
    this.movedAt = now;
  }

  /** The home's own time in Unix seconds, as last heard. */
  get time(): number | null {
    return this.value;
  }

  /** How long the clock may stand still before the home counts as silent. */
  get limitMs(): number {
    return Math.min(Math.max(kShortestMs, kIntervals * this.intervalMs), kLongestMs);
  }

  isFresh(now: number): boolean {
    return this.movedAt !== null && now - this.movedAt <= this.limitMs;
  }
}
