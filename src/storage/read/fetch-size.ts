/** How much a row counts against those before it, at least. */
const MIN_WEIGHT = 0.02;

export interface FetchBounds {
  /** Characters of rows that may be in memory at once, about. */
  length: number;
  /** Rows of the first fetch. */
  firstRows: number;
  /** Rows of any fetch. */
  maxRows: number;
}

/** How many rows to fetch at once: few while their size is not known, then as many as fit into the bounds. */
export class FetchSize {
  private average: number;
  private seen = 0;

  constructor(private readonly bounds: FetchBounds) {
    this.average = bounds.length / bounds.firstRows;
  }

  saw(length: number): void {
    this.seen += 1;
    this.average += (length - this.average) * Math.max(MIN_WEIGHT, 1 / this.seen);
  }

  /**
   * @param limit rows that are wanted at most
   * @param cursors between which memory is shared
   */
  rows(limit = Infinity, cursors = 1): number {
    const fitting = Math.floor(this.bounds.length / Math.max(1, this.average) / cursors);
    return Math.max(1, Math.min(fitting, this.bounds.maxRows, limit));
  }
}
