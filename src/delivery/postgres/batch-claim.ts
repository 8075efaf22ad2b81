import type { ClientBase } from 'pg';
import {
  BATCH_IDS_SURE_MS,
  collectorOf,
  type LogTable,
  type MessageRow,
  readTuple,
  splitTuples,
  timeOf,
} from '../../storage/index.js';
import type { Batch } from '../../telemetry/index.js';

/** The first rows of a batch that is stored are found; only where those were refused others are looked for. */
const ROWS_AT_ONCE = 50;

/** Whether a batch may have been stored so long ago that its id has been purged. */
export function outlivesItsId(batch: Batch, now: number): boolean {
  return now - batch.sealedAt >= BATCH_IDS_SURE_MS;
}

/** Whether a row of a batch is stored. Then all of it is, since a batch is stored whole or not at all. */
export async function holdsRowsOf(client: ClientBase, batch: Batch): Promise<boolean> {
  for (const [table, block] of [
    ['logs_expiring', batch.expiring],
    ['logs_audit', batch.audit],
  ] as const) {
    const rows = splitTuples(block.tuples).map(readTuple);
    for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
      if (await holdsAnyOf(client, table, rows.slice(start, start + ROWS_AT_ONCE))) return true;
    }
  }
  return false;
}

async function holdsAnyOf(client: ClientBase, table: LogTable, rows: readonly MessageRow[]): Promise<boolean> {
  const times = rows.map((row) => row.createdAt);
  // The index on (peer_connection_id, created_at, type) finds each, in the few partitions between the bounds.
  const { rowCount } = await client.query(
    `SELECT 1 FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::smallint[])
                AS sent (connection, created_at, received_at, type)
       JOIN ${table} AS stored ON stored.peer_connection_id = sent.connection
        AND stored.created_at = sent.created_at AND stored.type = sent.type
        AND stored.received_at = sent.received_at
      WHERE stored.created_at BETWEEN $5 AND $6 AND stored.collector = $7 LIMIT 1`,
    [
      rows.map((row) => row.connectionId),
      times.map(timeOf),
      rows.map((row) => timeOf(row.receivedAt)),
      rows.map((row) => row.type),
      timeOf(Math.min(...times)),
      timeOf(Math.max(...times)),
      collectorOf(rows[0]?.connectionId ?? 0),
    ],
  );
  return (rowCount ?? 0) > 0;
}
