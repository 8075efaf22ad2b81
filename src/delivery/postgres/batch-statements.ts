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

/** The parts of a batch that have rows, each with its table. */
export function blocksOf(batch: Batch): { table: LogTable; block: RowBlock }[] {
  const blocks: { table: LogTable; block: RowBlock }[] = [
    { table: 'logs_expiring', block: batch.expiring },
    { table: 'logs_audit', block: batch.audit },
  ];
  return blocks.filter(({ block }) => block.rows > 0);
}

/** In {@link claim}. */
const COLLECTOR_CHECK = 1;

/**
 * The first statements of a batch's transaction. They fail where the batch has been stored before (see isStoredBatch),
 * or where its collector does not have its number in this database, or is done with the batch (see isWrongCollector):
 * after the restore of a backup another one may have the number. The division is what fails then, since a statement in a
 * pipeline can only fail.
 */
export function claim({ id, collector }: Batch): Step[] {
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
 * Whether a pipeline that begins with {@link claim} failed since the collector of its batch is not, or not by this
 * number, in the database, or is done with the batch. Another division by zero is one of a team's index, say.
 */
export function isWrongCollector(error: unknown): boolean {
  return hasSqlState(error, SqlState.DivisionByZero) && failedStepOf(error) === COLLECTOR_CHECK;
}

/** The same batch by another number of its collector, in rows and in the ids of connections. */
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
 * Writes snapshots over older ones. In the order of their ids, so that two batches with news of the same
 * connections wait for each other rather than deadlock.
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

/** @param collector the number of the one that they belong to */
export function upsertConnections(snapshots: readonly ConnectionSnapshot[], collector: number): Step {
  return { sql: UPSERT_CONNECTIONS, values: [JSON.stringify(snapshots.map(rowOf)), collector.toString()] };
}

function rowOf(snapshot: ConnectionSnapshot): Record<string, unknown> {
  // Where no message was taken in there are no bounds, and Infinity would become null.
  const bounded = Number.isFinite(snapshot.oldestCreatedAt)
    ? snapshot
    : {
        ...snapshot,
        oldestCreatedAt: snapshot.firstMessageAt,
        newestCreatedAt: snapshot.firstMessageAt,
      };
  return Object.fromEntries(CONNECTION_COLUMNS.map(({ column, key }) => [column, bounded[key]]));
}

/** Appends tuples of COPY's binary format to a table. */
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

/** @param collector the number of the one that they belong to */
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
 * A batch as one transaction, all or nothing: its claim, the news of connections, the rows, what was rejected. All that
 * it writes has its collector's number, so that on a distributed database it is a transaction of one node.
 */
export function wholeBatch(batch: Batch): Step[] {
  const { number } = batch.collector;
  const steps = claim(batch);
  if (batch.connections.length > 0) steps.push(upsertConnections(batch.connections, number));
  for (const { table, block } of blocksOf(batch)) steps.push(copyRows(table, [block.tuples]));
  if (batch.rejected.length > 0) steps.push(insertRejected(batch.rejected, number));
  steps.push({ sql: 'COMMIT' });
  return steps;
}
