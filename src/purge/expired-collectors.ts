import type { ClientBase } from 'pg';
import type { PurgeReport } from './purge-report.js';

const ENDED = 'greatest(stopped_at, last_seen_at) < $1';

/** Removes the rows of server processes that ended before a moment and have left no connection open. */
export async function deleteExpiredCollectors(
  client: ClientBase,
  cutoff: Date,
  report: PurgeReport,
): Promise<void> {
  const ids = await expiredCollectors(client, cutoff);
  if (ids.length === 0) return;
  const { rowCount } = await client.query(`DELETE FROM collectors WHERE ${ENDED} AND id = ANY($2)`, [
    cutoff,
    ids,
  ]);
  report.deleted('collectors', rowCount ?? 0);
}

/**
 * The ids of those that {@link deleteExpiredCollectors} would remove. In steps, since on Citus a DELETE does not join a
 * distributed table.
 */
export async function expiredCollectors(client: ClientBase, cutoff: Date): Promise<string[]> {
  const ended = await client.query<{ id: string }>(`SELECT id FROM collectors WHERE ${ENDED}`, [cutoff]);
  if (ended.rows.length === 0) return [];
  const ids = ended.rows.map(({ id }) => id);
  const open = await client.query<{ id: string }>(
    'SELECT DISTINCT collector_id AS id FROM peer_connections WHERE ended_at IS NULL AND collector_id = ANY($1)',
    [ids],
  );
  const kept = new Set(open.rows.map(({ id }) => id));
  return ids.filter((id) => !kept.has(id));
}
