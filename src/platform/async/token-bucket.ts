/** A rate limiter: allows a burst, and so many a second in the long run. */
export class TokenBucket {
  private left: number;

  /**
   * @param capacity the burst; the bucket is full at first
   * @param perSecond tokens that are added in a second
   * @param filledAt now: milliseconds of a monotonic clock
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
   * @param count tokens to take; 0 checks whether there is no debt
   * @returns whether there were enough tokens, which are taken then
   */
  tryAcquire(now: number, count = 1): boolean {
    this.left = Math.min(this.capacity, this.left + ((now - this.filledAt) / 1000) * this.perSecond);
    this.filledAt = now;
    if (this.left < count) return false;
    this.left -= count;
    return true;
  }

  /** Takes tokens without a check. A debt must be paid off before `tryAcquire` allows anything. */
  use(count: number): void {
    this.left -= count;
  }
}
