import {
  CONNECTION_COLUMNS,
  type ConnectionColumn,
  type ConnectionSnapshot,
  COPY_HEADER,
  COPY_TRAILER,
  hasSqlState,
  type LogTable,
  MESSAGE_COLUMNS,
  renumbered,
  renumberTuples,
  SqlState,
} from '../../storage/index.js';
import type { Batch, RejectedMessage, RowBlock } from '../../telemetry/index.js';
import { failedStepOf, type Step } from './pipeline.js';

/** The non-empty blocks of a batch, each with its table. */
export function blocksOf(batch: Batch): { table: LogTable; block: RowBlock }[] {
  const blocks: { table: LogTable; block: RowBlock }[] = [
    { table: 'logs_expiring', block: batch.expiring },
    { table: 'logs_audit', block: batch.audit },
  ];
  return blocks.filter(({ block }) => block.rows > 0);
}

/** Its index in {@link beginBatch}. */
const COLLECTOR_CHECK = 1;

/**
 * The first statements of the transaction of a batch. They fail if the batch is already stored (see isDuplicateBatchError).
 * They also fail (see failedCollectorCheck) if the number of its collector belongs to another one in this database, as after
 * the restore of a backup, or if its `holds_from` is above the batch. A pipeline has no conditions, so they divide by zero.
 */
export function beginBatch({ id, collector }: Batch): Step[] {
  return [
    { sql: 'BEGIN' },
    {
      sql: 'SELECT 1 / count(*) FROM collectors WHERE number = $1 AND id = $2 AND holds_from <= $3',
      values: [collector.number.toString(), collector.id, id],
    },
    {
      sql: 'INSERT INTO ingest_batches (id, collector) VALUES ($1, $2)',
      values: [id, collector.number.toString()],
    },
  ];
}

/**
 * Whether a pipeline failed in the check of {@link beginBatch}. Other divisions by zero may be those of an index of a
 * team.
 */
export function failedCollectorCheck(error: unknown): boolean {
  return hasSqlState(error, SqlState.DivisionByZero) && failedStepOf(error) === COLLECTOR_CHECK;
}

/** Returns the batch with another collector number, in rows and in connection ids. */
export function renumberBatch(batch: Batch, number: number): Batch {
  const { collector, expiring, audit } = batch;
  const connection = (snapshot: ConnectionSnapshot): ConnectionSnapshot => ({
    ...snapshot,
    id: renumbered(snapshot.id, number),
  });
  return {
    ...batch,
    collector: { id: collector.id, number },
    expiring: { ...expiring, tuples: renumberTuples(expiring.tuples, number) },
    audit: { ...audit, tuples: renumberTuples(audit.tuples, number) },
    connections: batch.connections.map(connection),
    rejected: batch.rejected.map((message) => ({
      ...message,
      connectionId: message.connectionId === null ? null : renumbered(message.connectionId, number),
    })),
  };
}

const readColumn = ({ column, type }: ConnectionColumn): string => {
  if (type === 'time') return `to_timestamp(${column} / 1000.0)`;
  return type === 'jsonb' ? `${column}::jsonb` : column;
};
const recordColumns = CONNECTION_COLUMNS.map(({ column, type }) => {
  if (type === 'time') return `${column} double precision`;
  return `${column} ${type === 'jsonb' ? 'text' : type}`;
});
const columnNames = CONNECTION_COLUMNS.map(({ column }) => column);

/**
 * Replaces older snapshots. In the order of ids, so that two batches with the same connections wait for each other rather
 * than deadlock.
 */
const UPSERT_CONNECTIONS = `
  INSERT INTO peer_connections (collector, ${columnNames.join(', ')})
  SELECT $2::integer, ${CONNECTION_COLUMNS.map(readColumn).join(', ')}
    FROM json_to_recordset($1::json) AS snapshots (${recordColumns.join(', ')})
   ORDER BY id
  ON CONFLICT (id, collector) DO UPDATE SET ${columnNames
    .filter((column) => column !== 'id')
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}
   WHERE peer_connections.revision < excluded.revision`;

/** @param collector its number */
export function upsertConnections(snapshots: readonly ConnectionSnapshot[], collector: number): Step {
  return { sql: UPSERT_CONNECTIONS, values: [JSON.stringify(snapshots.map(rowOf)), collector.toString()] };
}

function rowOf(snapshot: ConnectionSnapshot): Record<string, unknown> {
  // A connection without messages has infinite bounds, which JSON cannot represent.
  const bounded = Number.isFinite(snapshot.oldestCreatedAt)
    ? snapshot
    : {
        ...snapshot,
        oldestCreatedAt: snapshot.firstMessageAt,
        newestCreatedAt: snapshot.firstMessageAt,
      };
  return Object.fromEntries(CONNECTION_COLUMNS.map(({ column, key }) => [column, bounded[key]]));
}

/** @param tuples in the binary COPY format */
export function copyRows(table: LogTable, tuples: readonly Buffer[]): Step {
  return {
    sql: `COPY ${table} (${MESSAGE_COLUMNS.join(', ')}) FROM STDIN (FORMAT binary)`,
    copy: [COPY_HEADER, ...tuples, COPY_TRAILER],
  };
}

const INSERT_REJECTED = `
  INSERT INTO rejected_messages (collector, received_at, peer_connection_id, path, ip_addr, reason, size, head)
  SELECT $2::integer, to_timestamp(received_at / 1000.0), peer_connection_id, path, ip_addr, reason, size,
         decode(head, 'base64')
    FROM json_to_recordset($1::json) AS rejected
      (received_at double precision, peer_connection_id bigint, path text, ip_addr text, reason text, size integer, head text)`;

/** @param collector its number */
export function insertRejected(messages: readonly RejectedMessage[], collector: number): Step {
  const rows = messages.map((message) => ({
    received_at: message.receivedAt,
    peer_connection_id: message.connectionId,
    path: message.path,
    ip_addr: message.ipAddr,
    reason: message.reason,
    size: message.size,
    head: message.head.toString('base64'),
  }));
  return { sql: INSERT_REJECTED, values: [JSON.stringify(rows), collector.toString()] };
}

/**
 * The statements of a batch as one transaction: its id, connections, rows and rejected messages. All rows have the same
 * collector number, so that on a distributed database the transaction is local to one node.
 */
export function wholeBatch(batch: Batch): Step[] {
  const { number } = batch.collector;
  const steps = beginBatch(batch);
  if (batch.connections.length > 0) steps.push(upsertConnections(batch.connections, number));
  for (const { table, block } of blocksOf(batch)) steps.push(copyRows(table, [block.tuples]));
  if (batch.rejected.length > 0) steps.push(insertRejected(batch.rejected, number));
  steps.push({ sql: 'COMMIT' });
  return steps;
}
