import type { ReadCursor, ReadTransaction } from '../answer/read-transaction.js';
import { timeText } from '../answer/time-text.js';
import { addFilter, addType, Conditions, type MessageFilter } from './message-filter.js';
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
 * The messages of a segment, newest first. The index has them in the order of time for each type: the
 * database merges the types, and reads no more of them than is fetched.
 */
export async function segmentRows(
  transaction: ReadTransaction,
  segment: Segment,
  peerId: string,
  filter: MessageFilter,
  limit: number,
): Promise<ReadCursor<MessageRow> | null> {
  const types = filter.msg === undefined ? await typesOf(transaction, segment) : undefined;
  if (types?.length === 0) return null;
  const { sql, parameters } = segmentQuery(segment, peerId, filter, types, limit);
  return await transaction.open(sql, parameters);
}

/** @param types those of the segment, where no type is asked for */
export function segmentQuery(
  segment: Segment,
  peerId: string,
  filter: MessageFilter,
  types: readonly (string | null)[] | undefined,
  limit: number,
): { sql: string; parameters: readonly unknown[] } {
  const conditions = within(segment);
  addFilter(conditions, filter);
  if (filter.msg !== undefined) addType(conditions, filter.msg);
  const place = (value: unknown): string => conditions.parameter(value);
  const count = `${place(limit)}::bigint`;
  // Each type with an order and a limit of its own: else the database likes to fetch all of it, and sort.
  const branch = (type: string): string =>
    `(SELECT id, created_at, logs FROM tetcore_logs WHERE ${conditions.sql}${type}
       ORDER BY created_at DESC, id DESC LIMIT ${count})`;
  const branches =
    types === undefined || types.length > MOST_TYPES
      ? branch('')
      : types
          .map((msg) => branch(msg === null ? ' AND msg IS NULL' : ` AND msg = ${place(msg)}::text`))
          .join(' UNION ALL ');
  const sql = `
    SELECT ${timeText('created_at')} AS created_at, id::text AS id,
           json_build_object('ip_addr', ${place(segment.connection.ip_addr)}::text,
             'peer_id', ${place(peerId)}::text, 'msg', logs->>'msg',
             'created_at', ${timeText('created_at')}, 'logs', logs)::text AS row
      FROM (SELECT id, created_at, logs FROM (${branches}) AS message
             ORDER BY created_at DESC, id DESC LIMIT ${count}) AS newest`;
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
