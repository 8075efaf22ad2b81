import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { ImportError } from '../import.error.js';
import type { IdRange } from '../id-ranges.js';

const LONGEST_WAIT_MS = 60_000;
const LOOK_EVERY_MS = 100;

/**
 * The ids that a table has, up to the newest that no lower one can join any more: where the source is still written
 * to, a transaction may have drawn an id and not be committed yet. Whoever writes to a table holds a lock on it from
 * before it draws one, so those that hold one now are waited for.
 *
 * @returns undefined for an empty table
 * @throws ImportError where one does not end
 */
export async function settledIds(
  client: ClientBase,
  table: string,
  signal?: AbortSignal,
): Promise<IdRange | undefined> {
  // Read before the locks are: who writes higher ids later is of no matter.
  const { rows } = await client.query<{ first: number | null; last: number | null }>(
    `SELECT min(id)::float8 AS first, max(id)::float8 AS last FROM ${table}`,
  );
  const { first, last } = rows[0] ?? { first: null, last: null };
  if (first === null || last === null) return undefined;
  const waitingFor = new Set(await writers(client, table));
  const deadline = performance.now() + LONGEST_WAIT_MS;
  while (waitingFor.size > 0) {
    signal?.throwIfAborted();
    if (performance.now() > deadline) {
      throw new ImportError(
        `A transaction has been writing to ${table} of the source for a minute. ` +
          'Stop the server of 0.1.4, or wait until its purge is done, and run the import again.',
      );
    }
    await sleep(LOOK_EVERY_MS);
    const still = new Set(await writers(client, table));
    for (const writer of waitingFor) if (!still.has(writer)) waitingFor.delete(writer);
  }
  return { first, last };
}

/** The transactions that write to a table. */
async function writers(client: ClientBase, table: string): Promise<string[]> {
  const { rows } = await client.query<{ writer: string }>(
    `SELECT virtualtransaction AS writer FROM pg_locks
      WHERE locktype = 'relation' AND relation = to_regclass($1)::oid AND mode = 'RowExclusiveLock' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [table],
  );
  return rows.map(({ writer }) => writer);
}
