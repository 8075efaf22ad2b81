import { Conditions, type ReadCursor, type ReadTransaction } from '../../storage/index.js';
import { addFilter, addType } from './message-filter.js';
import type { MessageQuestion } from './message-question.js';
import { CREATED_AT_TEXT } from './row-shape.js';
import type { Segment } from './segment.js';

/** A message as it is answered, and what it is sorted by. */
export interface MessageRow {
  created_at: string;
  id: string;
  row: string;
}

/** With more types than this a segment is read and sorted as a whole. */
const MOST_TYPES = 64;

/**
 * The messages of a segment in the order that is asked for. The index has them in the order of time for each type:
 * the database merges the types, and reads no more of them than is fetched.
 */
export async function segmentRows(
  transaction: ReadTransaction,
  segment: Segment,
  question: MessageQuestion,
  limit: number,
): Promise<ReadCursor<MessageRow> | null> {
  const asked = question.filter.msg === undefined ? question.types : [question.filter.msg];
  const types = asked === undefined ? await typesOf(transaction, segment) : undefined;
  if (types?.length === 0) return null;
  const { sql, parameters } = segmentQuery(segment, question, types, limit);
  return await transaction.open(sql, parameters);
}

/** @param found the types of the segment, where no type is asked for */
export function segmentQuery(
  segment: Segment,
  { filter, types: asked, order, cursor, peerId, shape }: MessageQuestion,
  found: readonly (string | null)[] | undefined,
  limit: number,
): { sql: string; parameters: readonly unknown[] } {
  const conditions = within(segment);
  addFilter(conditions, filter);
  if (filter.msg !== undefined) addType(conditions, filter.msg);
  const place = (value: unknown): string => conditions.parameter(value);
  if (cursor !== undefined) {
    const [at, id] = [place(cursor.createdAt), place(cursor.id)];
    // The first half is for the index, which does not have the id.
    conditions.add(`created_at ${order.after}= ${at}::timestamptz`);
    conditions.add(`(created_at, id) ${order.after} (${at}::timestamptz, ${id}::bigint)`);
  }
  if (shape.condition !== undefined) conditions.add(shape.condition);
  const sorted = `ORDER BY created_at ${order.sql}, id ${order.sql}${
    Number.isFinite(limit) ? ` LIMIT ${place(limit)}::bigint` : ''
  }`;
  // Each type with an order and a limit of its own: else the database likes to fetch all of it, and sort.
  const branch = (type: string): string =>
    `(SELECT id, created_at, logs FROM tetcore_logs WHERE ${conditions.sql}${type} ${sorted})`;
  const types = filter.msg === undefined ? (asked ?? found) : undefined;
  const branches =
    types === undefined || types.length > MOST_TYPES
      ? branch('')
      : types
          .map((msg) => branch(msg === null ? ' AND msg IS NULL' : ` AND msg = ${place(msg)}::text`))
          .join(' UNION ALL ');
  const row = shape.text({
    ipAddr: () => `${place(segment.connection.ip_addr)}::text`,
    peerId: () => `${place(peerId)}::text`,
  });
  const sql = `
    SELECT created_at, id::text AS id,
           ${row} AS row
      FROM (SELECT id, ${CREATED_AT_TEXT} AS created_at, logs
              FROM (SELECT id, created_at, logs FROM (${branches}) AS message ${sorted}) AS sorted
             -- Else the text of the time is made anew for each place that it is in.
             OFFSET 0) AS text`;
  return { sql, parameters: conditions.parameters };
}

/** One step of the index for each type, however many messages have it. The last one is of those without. */
export function typesQuery(segment: Segment): { sql: string; parameters: readonly unknown[] } {
  const { sql, parameters } = within(segment);
  const next = `SELECT msg FROM tetcore_logs WHERE ${sql}`;
  return {
    sql: `
      WITH RECURSIVE type (msg) AS (
        (${next} AND msg IS NOT NULL ORDER BY msg LIMIT 1)
        UNION ALL
        SELECT (${next} AND msg > type.msg ORDER BY msg LIMIT 1) FROM type WHERE type.msg IS NOT NULL
      )
      (SELECT msg FROM type WHERE msg IS NOT NULL LIMIT ${(MOST_TYPES + 1).toString()})
      UNION ALL
      (${next} AND msg IS NULL LIMIT 1)`,
    parameters,
  };
}

async function typesOf(transaction: ReadTransaction, segment: Segment): Promise<(string | null)[]> {
  const { sql, parameters } = typesQuery(segment);
  return (await transaction.query<{ msg: string | null }>(sql, parameters)).map(({ msg }) => msg);
}

function within({ connection, from, to }: Segment): Conditions {
  const conditions = new Conditions();
  conditions.add(`peer_connection_id = ${conditions.parameter(connection.id)}::uuid`);
  conditions.add(`created_at >= ${conditions.parameter(new Date(from).toISOString())}::timestamptz`);
  conditions.add(`created_at < ${conditions.parameter(new Date(to).toISOString())}::timestamptz`);
  return conditions;
}
