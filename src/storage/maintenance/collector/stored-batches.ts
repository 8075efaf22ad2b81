import { Injectable } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { COLLECTOR_DEAD_AFTER_MS, NO_UNSTORED_BATCHES, MIN_BATCH_ID } from '../../schema/index.js';

interface HeldBatchesSource {
  /** The lowest id of a batch that this process may still store. */
  from: () => string;
  /** How many batches are queued. */
  count: () => number;
}

/** The batches that this process holds and has not stored. The delivery queue is their source. */
@Injectable()
export class HeldBatches {
  private source: HeldBatchesSource = { from: () => MIN_BATCH_ID, count: () => 0 };

  watch(source: HeldBatchesSource): void {
    this.source = source;
  }

  /** The value for `collectors.holds_from`. */
  get from(): string {
    return this.source.from();
  }

  get count(): number {
    return this.source.count();
  }
}

/**
 * Whether the database can tell which batches of a process are stored. `unknown`: it has no row of the process, and none
 * of its messages, because it was created or restored since. `kept`: it has the ids of all stored batches that may be
 * replayed. `lost`: the ids were deleted, so that a stored batch cannot be told from a new one.
 */
export type BatchIdState = 'unknown' | 'kept' | 'lost';

/** Inserts a marker into `ingest_batches`, with the id of the process. If it is missing later, ids were deleted. */
export async function markBatchIds(client: ClientBase, collector: string, number: number): Promise<void> {
  await client.query('INSERT INTO ingest_batches (id, collector) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    collector,
    number,
  ]);
}

/** @param collector the id of the process */
export async function batchIdStateOf(client: ClientBase, collector: string): Promise<BatchIdState> {
  const { rows } = await client.query<{ number: number; done: boolean }>(
    `SELECT number, holds_from = '${NO_UNSTORED_BATCHES}' AS done FROM collectors WHERE id = $1`,
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

/** Records that the journals of these processes are empty. */
export async function markNoUnstoredBatches(
  client: ClientBase,
  collectors: readonly string[],
): Promise<void> {
  await client.query(
    `UPDATE collectors SET holds_from = '${NO_UNSTORED_BATCHES}' WHERE id = ANY($1::uuid[])`,
    [collectors],
  );
}

/**
 * The same, as far as it is certain. A process whose directory was moved has another one, whose name is not its id, and
 * the former may be restored. So it is not certain for a process with a recent heartbeat, nor for any process while there
 * is a directory that is not that of a running process.
 *
 * @param folders the names of all journal directories
 * @returns the processes for which it is recorded, or need not be
 */
export async function markNoUnstoredBatchesIfCertain(
  client: ClientBase,
  collectors: readonly string[],
  folders: readonly string[],
): Promise<string[]> {
  const running = 'stopped_at IS NULL AND last_seen_at > now() - make_interval(secs => $3)';
  await client.query(
    `UPDATE collectors SET holds_from = '${NO_UNSTORED_BATCHES}'
      WHERE id = ANY($1::uuid[]) AND NOT (${running})
        AND NOT EXISTS (SELECT FROM unnest($2::uuid[]) AS folder (id)
                         WHERE id NOT IN (SELECT id FROM collectors WHERE ${running}))`,
    [collectors, folders, COLLECTOR_DEAD_AFTER_MS / 1000],
  );
  const { rows } = await client.query<{ id: string }>(
    `SELECT said.id FROM unnest($1::uuid[]) AS said (id) LEFT JOIN collectors USING (id)
      WHERE holds_from IS NULL OR holds_from = '${NO_UNSTORED_BATCHES}'`,
    [collectors],
  );
  return rows.map(({ id }) => id);
}

/**
 * Whether `holds_from` of a process is above a batch, so that the batch was stored. For the running process itself it is
 * corrected instead: another process that replayed its journal may have recorded it by mistake.
 */
export async function isBatchDone(
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
