import type { ClientBase } from 'pg';
import type { PurgeReport } from './purge-report.js';

const ENDED = 'greatest(stopped_at, last_seen_at) < $1';

/**
 * Removes the rows of server processes that ended before a moment and have left no connection open. In steps,
 * since on Citus a DELETE does not join a distributed table.
 */
export async function deleteExpiredCollectors(
  client: ClientBase,
  cutoff: Date,
  report: PurgeReport,
): Promise<void> {
  const ended = await client.query<{ id: string }>(`SELECT id FROM collectors WHERE ${ENDED}`, [cutoff]);
  if (ended.rows.length === 0) return;
  const ids = ended.rows.map(({ id }) => id);
  const open = await client.query<{ id: string }>(
    'SELECT DISTINCT collector_id AS id FROM peer_connections WHERE ended_at IS NULL AND collector_id = ANY($1)',
    [ids],
  );
  const kept = new Set(open.rows.map(({ id }) => id));
  const { rowCount } = await client.query(`DELETE FROM collectors WHERE ${ENDED} AND id = ANY($2)`, [
    cutoff,
    ids.filter((id) => !kept.has(id)),
  ]);
  report.deleted('collectors', rowCount ?? 0);
}
