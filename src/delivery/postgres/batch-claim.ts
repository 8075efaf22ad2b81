import type { ClientBase } from 'pg';
import {
  BATCH_IDS_SURE_MS,
  collectorOf,
  type LogTable,
  type MessageRow,
  msgOf,
  OTHER_TYPE,
  readTuple,
  splitTuples,
  timeOf,
} from '../../storage/index.js';
import type { Batch } from '../../telemetry/index.js';
import { blocksOf } from './blocks.js';

/** The first rows of a batch that is stored are found; only where those were refused others are looked for. */
const ROWS_AT_ONCE = 50;

/** Whether a batch may have been stored so long ago that its id has been purged. */
export function outlivesItsId(batch: Batch, now: number): boolean {
  return now - batch.sealedAt >= BATCH_IDS_SURE_MS;
}

/** Whether a row of a batch is stored. Then all of it is, since a batch is stored whole or not at all. */
export async function holdsRowsOf(client: ClientBase, batch: Batch): Promise<boolean> {
  for (const { table, block } of blocksOf(batch)) {
    const rows = splitTuples(block.tuples).map(readTuple).flatMap(named);
    for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
      if (await holdsAnyOf(client, table, rows.slice(start, start + ROWS_AT_ONCE))) return true;
    }
  }
  return false;
}

/** With the name that tells types apart which share a number. */
type NamedRow = MessageRow & { msg: string | null };

function named(row: MessageRow): NamedRow[] {
  if (row.type !== OTHER_TYPE) return [{ ...row, msg: null }];
  try {
    const msg = msgOf(row);
    // What is not JSON, or has a NUL, was refused.
    return msg?.includes('\0') === true ? [] : [{ ...row, msg }];
  } catch {
    return [];
  }
}

async function holdsAnyOf(client: ClientBase, table: LogTable, rows: readonly NamedRow[]): Promise<boolean> {
  const times = rows.map((row) => row.createdAt);
  // The index on (peer_connection_id, created_at, type) finds each, in the few partitions between the bounds.
  const { rowCount } = await client.query(
    `SELECT 1 FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::smallint[], $5::text[])
                AS sent (connection, created_at, received_at, type, msg)
       JOIN ${table} AS stored ON stored.peer_connection_id = sent.connection
        AND stored.created_at = sent.created_at AND stored.type = sent.type
        AND stored.received_at = sent.received_at
        AND (stored.type <> ${OTHER_TYPE.toString()} OR stored.logs->>'msg' IS NOT DISTINCT FROM sent.msg)
      WHERE stored.created_at BETWEEN $6 AND $7 AND stored.collector = $8 LIMIT 1`,
    [
      rows.map((row) => row.connectionId),
      times.map(timeOf),
      rows.map((row) => timeOf(row.receivedAt)),
      rows.map((row) => row.type),
      rows.map((row) => row.msg),
      timeOf(Math.min(...times)),
      timeOf(Math.max(...times)),
      collectorOf(rows[0]?.connectionId ?? 0),
    ],
  );
  return (rowCount ?? 0) > 0;
}
