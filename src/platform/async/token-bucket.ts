/** Allows some at once, and so many a second in the long run. */
export class TokenBucket {
  private left: number;

  /**
   * @param capacity how many at once; it begins full
   * @param perSecond how many come back in a second
   * @param filledAt now, in milliseconds of a clock that does not jump
   */
  constructor(
    private readonly capacity: number,
    private readonly perSecond: number,
    private filledAt: number,
  ) {
    this.left = capacity;
  }

  /**
   * @param now milliseconds of the same clock
   * @param count for what counts as several
   * @returns whether there were so many left, which are then taken
   */
  tryAcquire(now: number, count = 1): boolean {
    this.left = Math.min(this.capacity, this.left + ((now - this.filledAt) / 1000) * this.perSecond);
    this.filledAt = now;
    if (this.left < count) return false;
    this.left -= count;
    return true;
  }

  /** Takes what has been used already. What is more than there was comes back before any other is allowed. */
  use(count: number): void {
    this.left -= count;
  }
}
