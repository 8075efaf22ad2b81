/** Lets so many through at once, and so many a second from then on. */
export class RequestBudget {
  private left: number;

  /** @param now milliseconds of a clock that does not jump */
  constructor(
    private readonly burst: number,
    private readonly perSecond: number,
    private now: number,
  ) {
    this.left = burst;
  }

  /** @returns whether one more may come */
  spend(now: number): boolean {
    this.left = Math.min(this.burst, this.left + ((now - this.now) / 1000) * this.perSecond);
    this.now = now;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
