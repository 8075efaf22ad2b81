import type { QueryResultRow } from 'pg';
import type { CursorQuery } from './cursor-fetch.js';
import type { ReadTransaction } from './read-transaction.js';

/** The minimum weight of a new row in the average. */
const MIN_WEIGHT = 0.02;

interface FetchBounds {
  /** The approximate maximum of characters in memory. */
  length: number;
  /** Rows of the first fetch. */
  firstRows: number;
  /** Rows of any fetch. */
  maxRows: number;
}

/** Adapts the number of rows per FETCH to their size: few at first, then as many as fit within the limits. */
export class AdaptiveFetchSize {
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
   * @param limit the maximum number of rows
   * @param cursors the number of cursors that share the memory
   */
  rows(limit = Infinity, cursors = 1): number {
    const fitting = Math.floor(this.bounds.length / Math.max(1, this.average) / cursors);
    return Math.max(1, Math.min(fitting, this.bounds.maxRows, limit));
  }
}

/** A server-side cursor: fetches the rows of a query in pieces. */
export class ReadCursor<Row extends QueryResultRow> {
  private rows: Row[] = [];
  private at = 0;
  private ended = false;
  private isOpen = false;

  constructor(
    private readonly transaction: ReadTransaction,
    private readonly name: string,
    private readonly query: CursorQuery,
  ) {}

  /**
   * Returns the next row without removing it; undefined at the end.
   *
   * @param count rows to fetch if none is in memory
   */
  async peek(count: number): Promise<Row | undefined> {
    if (this.at === this.rows.length && !this.ended) {
      this.rows = await this.fetch(count);
      this.at = 0;
    }
    return this.buffered;
  }

  /** Fetches and returns the next rows, up to `count`. */
  async fetch(count: number): Promise<Row[]> {
    const query = this.isOpen ? undefined : this.query;
    this.isOpen = true;
    const rows = await this.transaction.fetch<Row>(this.name, count, query);
    if (rows.length < count) await this.close();
    return rows;
  }

  /** Returns all rows, in pieces. Not to be mixed with `peek`. */
  async *pieces(
    size: AdaptiveFetchSize,
    lengthOf: (row: Row) => number,
  ): AsyncGenerator<readonly Row[], void, undefined> {
    while (!this.ended) {
      const rows = await this.fetch(size.rows());
      for (const row of rows) size.saw(lengthOf(row));
      if (rows.length > 0) yield rows;
    }
  }

  /** The next row, if it is in memory. */
  get buffered(): Row | undefined {
    return this.rows[this.at];
  }

  /** Whether every row was taken. */
  get atEnd(): boolean {
    return this.ended && this.at === this.rows.length;
  }

  /** Removes the next row. */
  take(): void {
    this.at += 1;
  }

  private async close(): Promise<void> {
    this.ended = true;
    await this.transaction.closeLater(this.name);
  }
}
