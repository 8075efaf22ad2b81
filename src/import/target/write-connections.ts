import type { ClientBase } from 'pg';
import type { ConnectionRow } from '../source/connection-sql.js';

/** A connection, with the times of the messages of it that are brought over at the same time. */
export interface WrittenConnection extends ConnectionRow {
  /** As PostgreSQL writes times, in UTC. */
  oldest: string;
  newest: string;
}

const COLUMNS =
  'id, ip_addr, peer_id, created_at, audit, name, chain, version, authority, startup_time, implementation';
const DESCRIPTION = ['peer_id', 'name', 'chain', 'version', 'authority', 'startup_time', 'implementation'];

/**
 * 0.1.4 does not say how a connection ended, nor when: after its last message, but not in the future. In the order of ids, so that two
 * transactions with the same connections wait for each other rather than deadlock.
 */
const INSERT = `
  INSERT INTO peer_connections AS here (${COLUMNS}, path, socket_id, collector_id, revision, first_message_at,
    last_message_at, oldest_created_at, newest_created_at, ended_at, end_reason)
  SELECT ${COLUMNS}, CASE WHEN audit THEN '/audit' ELSE '/' END, id, $2, 0, oldest,
         newest, oldest, newest, greatest(created_at, least(newest, now())), 'imported'
    FROM json_to_recordset($1::json) AS old (id uuid, ip_addr text, peer_id text, created_at timestamptz,
      audit boolean, name text, chain text, version text, authority boolean, startup_time bigint,
      implementation text, oldest timestamptz, newest timestamptz)
   ORDER BY id
  ON CONFLICT (id) DO UPDATE SET ${DESCRIPTION.map((column) => `${column} = excluded.${column}`).join(', ')}`;

const WIDEN = `,
    first_message_at = least(here.first_message_at, excluded.first_message_at),
    last_message_at = greatest(here.last_message_at, excluded.last_message_at),
    oldest_created_at = least(here.oldest_created_at, excluded.oldest_created_at),
    newest_created_at = greatest(here.newest_created_at, excluded.newest_created_at),
    ended_at = greatest(here.ended_at, excluded.ended_at),
    end_reason = 'imported'`;

/** Writes the rows of connections, together with messages of them. */
export async function writeConnections(
  client: ClientBase,
  source: string,
  connections: readonly WrittenConnection[],
): Promise<void> {
  await client.query(INSERT + WIDEN, [JSON.stringify(connections), source]);
}

/**
 * Writes the rows of connections without messages: of those that are there the description is made new. A connection
 * from which nothing was heard counts as heard when it began.
 */
export async function describeConnections(
  client: ClientBase,
  source: string,
  connections: readonly ConnectionRow[],
): Promise<void> {
  const rows = connections.map((row) => ({ ...row, oldest: row.created_at, newest: row.created_at }));
  await client.query(INSERT, [JSON.stringify(rows), source]);
}

/** Which of these ids are there. */
export async function knownConnections(client: ClientBase, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await client.query<{ id: string }>('SELECT id FROM peer_connections WHERE id = ANY($1)', [
    ids,
  ]);
  return new Set(rows.map(({ id }) => id));
}
