import type { ClientBase } from 'pg';
import { CONNECTION_COLUMNS, type EndReason } from '../../storage/index.js';
import { type ConnectionRow, KEPT_FIELDS } from '../source/source-sql.js';

/** A connection with the times of its messages in the same transaction. */
export interface WrittenConnection extends ConnectionRow {
  /** In PostgreSQL's time format, in UTC. */
  oldest: string;
  newest: string;
}

const END_REASON: EndReason = 'imported';

const DESCRIPTION: readonly string[] = KEPT_FIELDS.map(({ column }) => column);
const COPIED = CONNECTION_COLUMNS.filter(({ column }) =>
  ['id', 'ip_addr', 'created_at', 'audit', 'genesis_hash', ...DESCRIPTION].includes(column),
);
const COLUMNS = COPIED.map(({ column }) => column).join(', ');
const RECORD = COPIED.map(({ column, type }) => `${column} ${type === 'time' ? 'timestamptz' : type}`).join(
  ', ',
);

/**
 * 0.1.4 does not store the end or the socket of a connection: it is assumed to end with its last message, but not in the
 * future. Rows are ordered by id, so that transactions with the same connections do not deadlock.
 */
const INSERT = `
  INSERT INTO peer_connections AS here (${COLUMNS}, collector, path, socket_id, revision, first_message_at,
    last_message_at, oldest_created_at, newest_created_at, ended_at, end_reason)
  SELECT ${COLUMNS}, $2::integer, CASE WHEN audit THEN '/audit' ELSE '/' END, gen_random_uuid(), 0, oldest,
         newest, oldest, newest, greatest(created_at, least(newest, now())), '${END_REASON}'
    FROM json_to_recordset($1::json) AS old (${RECORD}, oldest timestamptz, newest timestamptz)
   ORDER BY id
  ON CONFLICT (id, collector) DO UPDATE SET ${DESCRIPTION.map((column) => `${column} = excluded.${column}`).join(', ')},
    genesis_hash = coalesce(excluded.genesis_hash, here.genesis_hash)`;

const WIDEN = `,
    first_message_at = least(here.first_message_at, excluded.first_message_at),
    last_message_at = greatest(here.last_message_at, excluded.last_message_at),
    oldest_created_at = least(here.oldest_created_at, excluded.oldest_created_at),
    newest_created_at = greatest(here.newest_created_at, excluded.newest_created_at),
    ended_at = greatest(here.ended_at, excluded.ended_at),
    end_reason = '${END_REASON}'`;

/**
 * Writes rows of connections together with their messages.
 *
 * @param collector the collector number of the source
 */
export async function writeConnections(
  client: ClientBase,
  collector: number,
  connections: readonly WrittenConnection[],
): Promise<void> {
  await client.query(INSERT + WIDEN, [JSON.stringify(connections), collector]);
}

/**
 * Writes rows of connections without messages. Existing rows get new identity fields. The start of a connection counts as
 * its last message.
 *
 * @param collector the collector number of the source
 */
export async function describeConnections(
  client: ClientBase,
  collector: number,
  connections: readonly ConnectionRow[],
): Promise<void> {
  const rows = connections.map((row) => ({ ...row, oldest: row.created_at, newest: row.created_at }));
  await client.query(INSERT, [JSON.stringify(rows), collector]);
}

/** Which of these ids of a source exist in the target. */
export async function knownConnections(
  client: ClientBase,
  collector: number,
  ids: readonly number[],
): Promise<Set<number>> {
  const { rows } = await client.query<{ id: number }>(
    'SELECT id::float8 AS id FROM peer_connections WHERE id = ANY($1::bigint[]) AND collector = $2',
    [ids, collector],
  );
  return new Set(rows.map(({ id }) => id));
}
