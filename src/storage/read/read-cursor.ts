import type { QueryResultRow } from 'pg';
import type { FetchSize } from './fetch-size.js';
import type { ReadTransaction } from './read-transaction.js';

/** The rows of a query, which are fetched a few at a time. */
export class ReadCursor<Row extends QueryResultRow> {
  private rows: Row[] = [];
  private at = 0;
  private ended = false;

  constructor(
    private readonly transaction: ReadTransaction,
    private readonly name: string,
  ) {}

  /**
   * The row that comes next, which stays until it is taken; undefined at the end.
   *
   * @param count rows to fetch at once where none is here; so many are in memory, at most
   */
  async peek(count: number): Promise<Row | undefined> {
    if (this.at === this.rows.length && !this.ended) {
      this.rows = await this.fetch(count);
      this.at = 0;
    }
    return this.here;
  }

  /** The next rows, as many as there are of those requested; they do not stay. */
  async fetch(count: number): Promise<Row[]> {
    const rows = await this.transaction.query<Row>(`FETCH ${count.toString()} FROM ${this.name}`);
    if (rows.length < count) await this.close();
    return rows;
  }

  /** All rows, in pieces that fit into memory. Not to be mixed with `peek`. */
  async *pieces(
    size: FetchSize,
    lengthOf: (row: Row) => number,
  ): AsyncGenerator<readonly Row[], void, undefined> {
    while (!this.ended) {
      const rows = await this.fetch(size.rows());
      for (const row of rows) size.saw(lengthOf(row));
      if (rows.length > 0) yield rows;
    }
  }

  /** The row that comes next, where it is in memory. */
  get here(): Row | undefined {
    return this.rows[this.at];
  }

  /** Every row has been taken. */
  get atEnd(): boolean {
    return this.ended && this.at === this.rows.length;
  }

  /** Passes over the row that comes next. */
  take(): void {
    this.at += 1;
  }

  private async close(): Promise<void> {
    this.ended = true;
    await this.transaction.end(this.name);
  }
}
