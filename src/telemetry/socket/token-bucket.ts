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
   * @returns whether there was one left, which is then taken
   */
  tryAcquire(now: number): boolean {
    this.left = Math.min(this.capacity, this.left + ((now - this.filledAt) / 1000) * this.perSecond);
    this.filledAt = now;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
