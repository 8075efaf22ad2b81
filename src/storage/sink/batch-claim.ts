import type { ClientBase } from 'pg';
import { type Batch, type MessageRow, parseRow, splitRows } from '../../telemetry/index.js';
import type { LogTable } from '../partitions/partition-catalogue.js';

/** Ids of stored batches are kept for at least this long after they were stored: milliseconds. */
export const BATCH_IDS_KEPT_MS = 7 * 86_400_000;
/** How far clocks may be apart. */
const MARGIN_MS = 3_600_000;
/** Some of a batch's rows may have been refused: it is looked for by more than one. */
const ROWS_LOOKED_FOR = 20;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a batch may have been stored so long ago that its id has been purged. */
export function outlivesItsId(batch: Batch, now: number): boolean {
  return now - batch.sealedAt >= BATCH_IDS_KEPT_MS - MARGIN_MS;
}

/** Whether rows of a batch are stored. Then all of it is, since a batch is stored whole or not at all. */
export async function holdsRowsOf(client: ClientBase, batch: Batch): Promise<boolean> {
  const blocks: [LogTable, Buffer][] = [
    ['logs_expiring', batch.expiring.text],
    ['logs_audit', batch.audit.text],
  ];
  for (const [table, text] of blocks) {
    const rows = readable(text);
    if (rows.length === 0) continue;
    // The index on (peer_connection_id, msg, created_at) finds each.
    const { rowCount } = await client.query(
      `SELECT 1 FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::text[])
                  AS sent (connection, created_at, received_at, msg)
         JOIN ${table} AS stored ON stored.peer_connection_id = sent.connection
          AND stored.msg = sent.msg AND stored.created_at = sent.created_at
          AND stored.received_at = sent.received_at LIMIT 1`,
      [
        rows.map((row) => row.peerConnectionId),
        rows.map((row) => row.createdAt),
        rows.map((row) => row.receivedAt),
        rows.map((row) => row.msg),
      ],
    );
    if ((rowCount ?? 0) > 0) return true;
  }
  return false;
}

function readable(text: Buffer): MessageRow[] {
  const rows: MessageRow[] = [];
  for (const line of splitRows(text)) {
    if (rows.length === ROWS_LOOKED_FOR) break;
    try {
      const row = parseRow(line);
      const times = [row.createdAt, row.receivedAt].map((time) => Date.parse(time));
      if (row.msg !== null && UUID.test(row.peerConnectionId) && !times.some(Number.isNaN)) rows.push(row);
    } catch {
      // It is refused wherever it comes.
    }
  }
  return rows;
}
