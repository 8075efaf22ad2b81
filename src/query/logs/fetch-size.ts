const FIRST_ROWS = 16;
const MOST_ROWS = 128;
/** Characters of rows in memory at once, of all connections together. */
const TARGET_LENGTH = 65_536;
/** How much a row counts against those before it, at least. */
const LEAST_WEIGHT = 0.02;

/** How many rows to fetch at once: few while their size is not known, then as many as fit into 64 KiB. */
export class FetchSize {
  private average = TARGET_LENGTH / FIRST_ROWS;
  private seen = 0;

  saw(length: number): void {
    this.seen += 1;
    this.average += (length - this.average) * Math.max(LEAST_WEIGHT, 1 / this.seen);
  }

  /**
   * @param cursors between which memory is shared
   * @param limit rows that are wanted at most
   */
  rows(cursors: number, limit: number): number {
    const fitting = Math.floor(TARGET_LENGTH / this.average / cursors);
    return Math.max(1, Math.min(fitting, MOST_ROWS, limit));
  }
}
