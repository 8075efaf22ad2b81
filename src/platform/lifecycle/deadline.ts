/** When a stop is to be over. Each step asks how much of the time is for it. All times are milliseconds. */
export class Deadline {
  /**
   * @param limitMs the whole time
   * @param startedAt when it began, by `performance.now()`
   */
  constructor(
    readonly limitMs: number,
    private readonly startedAt = performance.now(),
  ) {}

  get passedMs(): number {
    return performance.now() - this.startedAt;
  }

  /** What is left but for a share of the whole that is kept for later steps. */
  leftMs(kept = 0): number {
    return Math.max(0, this.limitMs * (1 - kept) - this.passedMs);
  }

  /** A share of the whole, `mostMs` at most, as far as it is left. */
  shareMs(share: number, mostMs: number): number {
    return Math.min(this.limitMs * share, mostMs, this.leftMs());
  }
}
