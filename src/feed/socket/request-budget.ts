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

  /** @returns whether one more may come, or one that counts as several */
  spend(now: number, requests = 1): boolean {
    this.left = Math.min(this.burst, this.left + ((now - this.now) / 1000) * this.perSecond);
    this.now = now;
    if (this.left < requests) return false;
    this.left -= requests;
    return true;
  }
}
