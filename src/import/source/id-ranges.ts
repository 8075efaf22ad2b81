import type { ClientBase } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImportError } from '../import-options.js';

/** A range of ids of a source table, both bounds inclusive. Ids of 0.1.4 have 32 bits. */
export interface IdRange {
  first: number;
  last: number;
}

/**
 * The parts of a range that are not done.
 *
 * @param done sorted by `first`, without overlaps
 */
export function missingIds(done: readonly IdRange[], { first, last }: IdRange): IdRange[] {
  const missing: IdRange[] = [];
  let next = first;
  for (const range of done) {
    if (range.first > last) break;
    if (range.first > next) missing.push({ first: next, last: range.first - 1 });
    next = Math.max(next, range.last + 1);
  }
  if (next <= last) missing.push({ first: next, last });
  return missing;
}

/** The two halves of a range of at least two ids. */
export function halves({ first, last }: IdRange): [IdRange, IdRange] {
  const middle = Math.floor((first + last) / 2);
  return [
    { first, last: middle },
    { first: middle + 1, last },
  ];
}

export function idsIn({ first, last }: IdRange): number {
  return last - first + 1;
}

/** Splits ranges of ids into chunks with a maximum number of rows. Ids may be sparse, because rows were purged. */
export class ChunkQueue {
  private last: Promise<unknown> = Promise.resolve();

  /** @param ranges remaining ranges; consumed by the queue */
  constructor(
    private readonly client: ClientBase,
    private readonly table: string,
    private readonly ranges: IdRange[],
    private readonly rows: number,
  ) {}

  /** The next chunk. Concurrent calls are serialized. */
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

const MAX_WAIT_MS = 60_000;
const CHECK_INTERVAL_MS = 100;

/**
 * The range of ids of a table below which no new rows can appear. While the source is in use, an open transaction may
 * have taken an id from the sequence that is not committed yet. Such a transaction holds a lock on the table, so this
 * waits for all transactions that hold one now.
 *
 * @returns undefined for an empty table
 * @throws ImportError if a transaction does not end
 */
export async function settledIds(
  client: ClientBase,
  table: string,
  signal?: AbortSignal,
): Promise<IdRange | undefined> {
  // Read before the locks: higher ids that are written later do not matter.
  const { rows } = await client.query<{ first: number | null; last: number | null }>(
    `SELECT min(id)::float8 AS first, max(id)::float8 AS last FROM ${table}`,
  );
  const { first, last } = rows[0] ?? { first: null, last: null };
  if (first === null || last === null) return undefined;
  const waitingFor = new Set(await writers(client, table));
  const deadline = performance.now() + MAX_WAIT_MS;
  while (waitingFor.size > 0) {
    signal?.throwIfAborted();
    if (performance.now() > deadline) {
      throw new ImportError(
        `A transaction has been writing to ${table} of the source for a minute. ` +
          'Stop the server of 0.1.4, or wait until its purge is done, and run the import again.',
      );
    }
    await sleep(CHECK_INTERVAL_MS);
    const still = new Set(await writers(client, table));
    for (const writer of waitingFor) if (!still.has(writer)) waitingFor.delete(writer);
  }
  return { first, last };
}

/** Transactions that write to a table. */
async function writers(client: ClientBase, table: string): Promise<string[]> {
  const { rows } = await client.query<{ writer: string }>(
    `SELECT virtualtransaction AS writer FROM pg_locks
      WHERE locktype = 'relation' AND relation = to_regclass($1)::oid AND mode = 'RowExclusiveLock' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [table],
  );
  return rows.map(({ writer }) => writer);
}
