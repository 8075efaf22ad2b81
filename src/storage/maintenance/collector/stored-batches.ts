import type { ClientBase } from 'pg';
import { COLLECTOR_DEAD_AFTER_MS, NOTHING_HELD } from '../../schema/index.js';

/**
 * What the database knows of the batches of a process. `unknown`: nothing, and it has none of its messages; it was made
 * anew, or restored from a backup of before. `kept`: the ids of all that are stored and may come again. `lost`: its ids
 * were deleted by somebody, so that a batch which comes again cannot be told from a new one.
 */
export type StoredBatches = 'unknown' | 'kept' | 'lost';

/** With the row of a process comes one of `ingest_batches` with its own id: where that is missing, others are as well. */
export async function markBatchIds(client: ClientBase, collector: string, number: number): Promise<void> {
  await client.query('INSERT INTO ingest_batches (id, collector) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    collector,
    number,
  ]);
}

/** @param collector the id of the process */
export async function storedBatchesOf(client: ClientBase, collector: string): Promise<StoredBatches> {
  const { rows } = await client.query<{ number: number; done: boolean }>(
    `SELECT number, holds_from = '${NOTHING_HELD}' AS done FROM collectors WHERE id = $1`,
    [collector],
  );
  const [found] = rows;
  if (found === undefined) return 'unknown';
  if (found.done) return 'kept';
  const mark = await client.query('SELECT FROM ingest_batches WHERE id = $1 AND collector = $2', [
    collector,
    found.number,
  ]);
  return mark.rowCount === 0 ? 'lost' : 'kept';
}

/** All that these processes left in their journals is stored, and gone from there. */
export async function nothingHeldBy(client: ClientBase, collectors: readonly string[]): Promise<void> {
  await client.query(`UPDATE collectors SET holds_from = '${NOTHING_HELD}' WHERE id = ANY($1::uuid[])`, [
    collectors,
  ]);
}

/**
 * The same of processes whose own folder is gone, as far as it is sure. A process whose folder was moved away has another
 * one, under a name that is not its id, and the former may have been put back. So nothing is sure of a process that was
 * seen lately, nor of any while there is a folder that is not the own one of a process that runs.
 *
 * @param folders names of the folders that are there
 * @returns those of which nothing remains to be said
 */
export async function nothingHeldSurelyBy(
  client: ClientBase,
  collectors: readonly string[],
  folders: readonly string[],
): Promise<string[]> {
  const running = 'stopped_at IS NULL AND last_seen_at > now() - make_interval(secs => $3)';
  await client.query(
    `UPDATE collectors SET holds_from = '${NOTHING_HELD}'
      WHERE id = ANY($1::uuid[]) AND NOT (${running})
        AND NOT EXISTS (SELECT FROM unnest($2::uuid[]) AS folder (id)
                         WHERE id NOT IN (SELECT id FROM collectors WHERE ${running}))`,
    [collectors, folders, COLLECTOR_DEAD_AFTER_MS / 1000],
  );
  const { rows } = await client.query<{ id: string }>(
    `SELECT said.id FROM unnest($1::uuid[]) AS said (id) LEFT JOIN collectors USING (id)
      WHERE holds_from IS NULL OR holds_from = '${NOTHING_HELD}'`,
    [collectors],
  );
  return rows.map(({ id }) => id);
}

/**
 * Whether a process said that a batch of it is done with. One that runs is right about what it holds: another that took
 * its journal, since it seemed to be gone, may have said so.
 */
export async function isDoneWith(
  client: ClientBase,
  { id, collector }: { id: string; collector: string },
  isRunning: boolean,
): Promise<boolean> {
  if (isRunning) {
    await client.query(
      'UPDATE collectors SET holds_from = least(holds_from, $2::uuid) WHERE id = $1 AND holds_from > $2::uuid',
      [collector, id],
    );
    return false;
  }
  const { rowCount } = await client.query('SELECT FROM collectors WHERE id = $1 AND holds_from > $2', [
    collector,
    id,
  ]);
  return (rowCount ?? 0) > 0;
}
