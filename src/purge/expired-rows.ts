import type { ClientBase } from 'pg';
import type { PurgeReport } from './purge-report.js';

/** Rows that one statement removes: nobody waits long for it, and a purge that is ended has still got somewhere. */
const CHUNK = 5_000;
const LOWEST_UUID = '00000000-0000-0000-0000-000000000000';

/** Rows of one table that expire. */
export interface ExpiringRows {
  table: string;
  /** What says of a row that it has expired; `$1` is the time before which it has. */
  condition: string;
  /** Whether ids are UUIDv7, made before the row expires: then the primary key finds the old ones. */
  idsAreTimes: boolean;
}

/**
 * A connection's row stays as long as its messages may; those of `/audit`, and those that are alive, always.
 * Of a process that was killed the last half minute may be missing in the row, and in that a node whose clock
 * runs a day ahead may have spoken.
 */
export const expiringConnections: ExpiringRows = {
  table: 'peer_connections',
  condition: `NOT audit AND ended_at IS NOT NULL
    AND greatest(ended_at, newest_created_at, last_message_at)
      + CASE end_reason WHEN 'collector_lost' THEN interval '25 hours' ELSE interval '0' END < $1`,
  idsAreTimes: true,
};

/** A batch may be stored long after its id was made, and stays known for as long as any other. */
export const expiringBatches: ExpiringRows = {
  table: 'ingest_batches',
  condition: 'stored_at < $1',
  idsAreTimes: true,
};

export const expiringRejected: ExpiringRows = {
  table: 'rejected_messages',
  condition: 'received_at < $1',
  idsAreTimes: false,
};

/** Removes rows in chunks, each in a transaction of its own. */
export async function deleteExpired(
  client: ClientBase,
  { table, condition, idsAreTimes }: ExpiringRows,
  cutoff: Date,
  report: PurgeReport,
  signal: AbortSignal,
): Promise<void> {
  const old = idsAreTimes ? 'AND id > $2 AND id < $3 ORDER BY id' : '';
  // The condition is there twice: what changes while we wait for a row is looked at again.
  const sql = `DELETE FROM ${table} WHERE ${condition} AND id IN
    (SELECT id FROM ${table} WHERE ${condition} ${old} LIMIT ${CHUNK.toString()}) RETURNING id`;
  let last = LOWEST_UUID;
  for (let count = CHUNK; count === CHUNK && !signal.aborted;) {
    const parameters = idsAreTimes ? [cutoff, last, firstUuidOf(cutoff)] : [cutoff];
    const { rows } = await client.query<{ id: string }>(sql, parameters);
    // Beyond what has been looked at, so that rows which stay are not looked at again with every chunk.
    for (const { id } of rows) if (id > last) last = id;
    count = rows.length;
    report.deleted(table, count);
  }
}

/** How many rows {@link deleteExpired} would remove. */
export async function countExpired(
  client: ClientBase,
  { table, condition, idsAreTimes }: ExpiringRows,
  cutoff: Date,
): Promise<number> {
  const old = idsAreTimes ? 'AND id < $2' : '';
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::float8 AS count FROM ${table} WHERE ${condition} ${old}`,
    idsAreTimes ? [cutoff, firstUuidOf(cutoff)] : [cutoff],
  );
  return rows[0]?.count ?? 0;
}

/** The lowest UUIDv7 of a moment: 48 bits of milliseconds, RFC 9562. */
function firstUuidOf(moment: Date): string {
  const hex = Math.max(0, moment.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
