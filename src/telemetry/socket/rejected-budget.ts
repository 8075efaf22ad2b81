/** Rejected messages that are kept a second, at most: a node that sends nothing else must not fill the disk. */
const KEPT_A_SECOND = 20;

/** Allows so many a second and no more. */
export class RejectedBudget {
  private second = 0;
  private spent = 0;

  /** @param now milliseconds since the epoch */
  spend(now: number): boolean {
    const second = Math.floor(now / 1000);
    if (second !== this.second) {
      this.second = second;
      this.spent = 0;
    }
    this.spent += 1;
    return this.spent <= KEPT_A_SECOND;
  }
}
