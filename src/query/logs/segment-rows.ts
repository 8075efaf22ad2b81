import { Conditions, logTable, type ReadCursor, type ReadTransaction } from '../../storage/index.js';
import { addFilter } from './message-filter.js';
import type { MessageQuestion } from './message-question.js';
import { CREATED_AT_TEXT } from './row-shape.js';
import type { Segment } from './segment.js';

/** A message as it is answered, and what it is sorted by. */
export interface MessageRow {
  created_at: string;
  id: string;
  row: string;
}

/** The messages of a segment in the order that is asked for, of which no more are read than are fetched. */
export async function segmentRows(
  transaction: ReadTransaction,
  segment: Segment,
  question: MessageQuestion,
  limit: number,
): Promise<ReadCursor<MessageRow>> {
  const { sql, parameters } = segmentQuery(segment, question, limit);
  return await transaction.open(sql, parameters);
}

/**
 * One range scan of the index on (peer_connection_id, created_at, type), whichever types are asked for: those that are
 * not are passed over within the index. Rare types have an index of their own, which starts with the type.
 */
export function segmentQuery(
  { connection, from, to }: Segment,
  { filter, types, order, cursor, peerId, shape }: MessageQuestion,
  limit: number,
): { sql: string; parameters: readonly unknown[] } {
  const conditions = new Conditions();
  const place = (value: unknown): string => conditions.parameter(value);
  conditions.add(`peer_connection_id = ${place(connection.id)}::bigint`);
  conditions.add(`collector = ${place(connection.collector)}::integer`);
  conditions.add(`created_at >= ${place(new Date(from).toISOString())}::timestamptz`);
  conditions.add(`created_at < ${place(new Date(to).toISOString())}::timestamptz`);
  addFilter(conditions, filter);
  if (types !== undefined) conditions.add(`type IN (${types.join(', ')})`);
  if (cursor !== undefined) {
    const [at, id] = [place(cursor.createdAt), place(cursor.id)];
    // The first half is for the index, which does not have the id.
    conditions.add(`created_at ${order.after}= ${at}::timestamptz`);
    conditions.add(`(created_at, id) ${order.after} (${at}::timestamptz, ${id}::bigint)`);
  }
  if (shape.condition !== undefined) conditions.add(shape.condition);
  const table = logTable(connection);
  const most = Number.isFinite(limit) ? ` LIMIT ${place(limit)}::bigint` : '';
  const row = shape.text({
    ipAddr: () => `${place(connection.ip_addr)}::text`,
    peerId: () => `${place(peerId)}::text`,
  });
  const sql = `
    SELECT created_at, id::text AS id,
           ${row} AS row
      FROM (SELECT id, ${CREATED_AT_TEXT} AS created_at, logs
              FROM (SELECT id, created_at, logs FROM ${table} WHERE ${conditions.sql}
                     ORDER BY created_at ${order.sql}, id ${order.sql}${most}) AS message
             -- Else the text of the time is made anew for each place that it is in.
             OFFSET 0) AS text`;
  return { sql, parameters: conditions.parameters };
}
