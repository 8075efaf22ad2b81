import type { ClientBase } from 'pg';

/** Rows that one statement removes: nobody waits long for it, and a purge that is ended has still got somewhere. */
const CHUNK = 5_000;

/** Rows of one table that expire. */
export interface ExpiringRows {
  table: string;
  /** What says of a row that it has expired. */
  condition: string;
  parameters: (cutoff: Date) => unknown[];
}

/** A connection's row stays as long as its messages may; those of `/audit`, and those that are alive, always. */
export const expiringConnections: ExpiringRows = {
  table: 'peer_connections',
  condition:
    'NOT audit AND greatest(ended_at, newest_created_at, last_message_at) < $1 AND ended_at IS NOT NULL',
  parameters: (cutoff) => [cutoff],
};

/** Ids begin with the time (UUIDv7), and so the primary key finds the old ones; a batch may be stored long after. */
export const expiringBatches: ExpiringRows = {
  table: 'ingest_batches',
  condition: 'id < $2 AND stored_at < $1',
  parameters: (cutoff) => [cutoff, firstUuidOf(cutoff)],
};

export const expiringRejected: ExpiringRows = {
  table: 'rejected_messages',
  condition: 'received_at < $1',
  parameters: (cutoff) => [cutoff],
};

/** Removes rows in chunks, and returns how many. */
export async function deleteExpired(client: ClientBase, rows: ExpiringRows, cutoff: Date): Promise<number> {
  const { table, condition, parameters } = rows;
  const sql = `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE ${condition} LIMIT ${CHUNK.toString()})`;
  for (let total = 0; ;) {
    const { rowCount } = await client.query(sql, parameters(cutoff));
    total += rowCount ?? 0;
    if ((rowCount ?? 0) < CHUNK) return total;
  }
}

/** The lowest UUIDv7 of a moment: 48 bits of milliseconds, RFC 9562. */
function firstUuidOf(moment: Date): string {
  const hex = moment.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
