import type { ClientBase } from 'pg';
import { type Batch, type MessageRow, parseRow, type RowBlock, splitRows } from '../../telemetry/index.js';
import type { LogTable } from '../../storage/index.js';
import { isRefusedData, BATCH_IDS_SURE_MS } from '../../storage/index.js';

/** The first rows of a batch that is stored are found; only where those were refused others are looked for. */
const ROWS_AT_ONCE = 50;

/** Whether a batch may have been stored so long ago that its id has been purged. */
export function outlivesItsId(batch: Batch, now: number): boolean {
  return now - batch.sealedAt >= BATCH_IDS_SURE_MS;
}

/** Whether a row of a batch is stored. Then all of it is, since a batch is stored whole or not at all. */
export async function holdsRowsOf(client: ClientBase, batch: Batch): Promise<boolean> {
  const blocks: [LogTable, RowBlock][] = [
    ['logs_expiring', batch.expiring],
    ['logs_audit', batch.audit],
  ];
  for (const [table, block] of blocks) {
    const lines = splitRows(block.text);
    for (let start = 0; start < lines.length; start += ROWS_AT_ONCE) {
      const rows = readable(lines.slice(start, start + ROWS_AT_ONCE));
      if (await holdsAnyOf(client, table, block, rows)) return true;
    }
  }
  return false;
}

/** Halves what the database cannot even look for: that row it has refused, and the others may be stored. */
async function holdsAnyOf(
  client: ClientBase,
  table: LogTable,
  block: RowBlock,
  rows: readonly MessageRow[],
): Promise<boolean> {
  const typed = rows.filter(({ msg }) => msg !== null);
  const untyped = rows.filter(({ msg }) => msg === null);
  try {
    return (
      (await finds(client, table, block, 'stored.msg = sent.msg', typed)) ||
      (await finds(client, table, block, 'stored.msg IS NULL', untyped))
    );
  } catch (error) {
    if (!isRefusedData(error)) throw error;
    if (rows.length <= 1) return false;
  }
  const half = rows.length >> 1;
  return (
    (await holdsAnyOf(client, table, block, rows.slice(0, half))) ||
    (await holdsAnyOf(client, table, block, rows.slice(half)))
  );
}

async function finds(
  client: ClientBase,
  table: LogTable,
  { oldest, newest }: RowBlock,
  sameType: string,
  rows: readonly MessageRow[],
): Promise<boolean> {
  if (rows.length === 0) return false;
  // The index on (peer_connection_id, msg, created_at) finds each, in the few partitions between the bounds.
  const { rowCount } = await client.query(
    `SELECT 1 FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::text[])
                AS sent (connection, created_at, received_at, msg)
       JOIN ${table} AS stored ON stored.peer_connection_id = sent.connection
        AND ${sameType} AND stored.created_at = sent.created_at
        AND stored.received_at = sent.received_at
      WHERE stored.created_at BETWEEN $5 AND $6 LIMIT 1`,
    [
      rows.map((row) => row.peerConnectionId),
      rows.map((row) => row.createdAt),
      rows.map((row) => row.receivedAt),
      rows.map((row) => row.msg),
      new Date(oldest),
      // PostgreSQL rounds nanoseconds to microseconds, and so may carry a row into the next millisecond.
      new Date(newest + 1),
    ],
  );
  return (rowCount ?? 0) > 0;
}

function readable(lines: readonly Buffer[]): MessageRow[] {
  const rows: MessageRow[] = [];
  for (const line of lines) {
    try {
      rows.push(parseRow(line));
    } catch {
      // It is refused wherever it comes.
    }
  }
  return rows;
}
