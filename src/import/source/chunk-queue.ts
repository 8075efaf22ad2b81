import type { ClientBase } from 'pg';
import type { IdRange } from '../id-ranges.js';

/** Cuts ranges of ids into chunks that hold a number of rows, at most. Ids may be far apart: others were purged. */
export class ChunkQueue {
  private last: Promise<unknown> = Promise.resolve();

  /** @param ranges what is to be gone through; it is emptied */
  constructor(
    private readonly client: ClientBase,
    private readonly table: string,
    private readonly ranges: IdRange[],
    private readonly rows: number,
  ) {}

  /** One after another, however many ask at once. */
  next(): Promise<IdRange | undefined> {
    const next = this.last.then(() => this.cut());
    this.last = next.catch(() => undefined);
    return next;
  }

  private async cut(): Promise<IdRange | undefined> {
    const [range] = this.ranges;
    if (range === undefined) return undefined;
    const { rows } = await this.client.query<{ last: number | null; count: number }>(
      `SELECT max(id)::float8 AS last, count(*)::float8 AS count
         FROM (SELECT id FROM ${this.table} WHERE id BETWEEN $1::bigint AND $2::bigint ORDER BY id LIMIT $3) AS next`,
      [range.first, range.last, this.rows],
    );
    const { last = null, count = 0 } = rows[0] ?? {};
    if (last === null || count < this.rows || last >= range.last) {
      this.ranges.shift();
      return range;
    }
    this.ranges[0] = { first: last + 1, last: range.last };
    return { first: range.first, last };
  }
}
