import type { ClientBase } from 'pg';
import { chainKeySql, type EndReason, timeText } from '../../storage/index.js';

/** Longer texts are cut: a session is kept for ever. */
const MAX_TEXT = 128;
/** A later time is no time in PostgreSQL: the end of the year 9999 in milliseconds. */
const MAX_STARTUP_MS = 253_402_300_799_999;

/** Ends that are noticed long after the node was gone: the last message is nearer to the truth. */
const NOTICED_LATE: readonly EndReason[] = ['timeout', 'reset'];

/** The end of a session; an open one ends after every time. The expression of the indexes. */
export const sessionEnd = (alias: string): string => `coalesce(${alias}.ended_at, 'infinity'::timestamptz)`;

/** The startup time by the clock of the server, whose difference to that of the node the first message shows. */
const STARTUP_AT = `
  CASE WHEN startup_time BETWEEN 0 AND ${MAX_STARTUP_MS.toString()}
       THEN least(first_message_at,
                  to_timestamp(startup_time / 1000.0) - (oldest_created_at - first_message_at)) END`;

const LAST_SIGN = `
  CASE WHEN end_reason IN (${NOTICED_LATE.map((reason) => `'${reason}'`).join(', ')})
       THEN least(last_message_at, ended_at) ELSE ended_at END`;

/** The columns of a session that its connection determines. */
const COLUMNS: Readonly<Record<string, string>> = {
  ended_at: `CASE WHEN ended_at IS NOT NULL THEN greatest(first_message_at, ${LAST_SIGN}) END`,
  startup_time: 'startup_time',
  startup_at: STARTUP_AT,
  authority: 'authority',
  version: `left(version, ${MAX_TEXT.toString()})`,
  implementation: `left(implementation, ${MAX_TEXT.toString()})`,
  end_reason: 'end_reason',
};
const NAMES = Object.keys(COLUMNS);

/**
 * The connections whose session is missing, or has another end: those that are open, by `peer_connections_open`, those
 * that ended in a time range, by `peer_connections_ended_at`, and those of open sessions. Each is written by its primary
 * key. What follows from other sessions is preliminary.
 *
 * Rows are read with a key of chain and node that the registry has: others follow when it has them.
 */
const WRITE = `
  WITH open AS MATERIALIZED (
    SELECT id, collector FROM peer_connections WHERE ended_at IS NULL AND peer_id IS NOT NULL
  ), changed AS MATERIALIZED (
    SELECT id, collector FROM open
     WHERE NOT EXISTS (SELECT FROM insight_sessions AS known WHERE known.ended_at IS NULL AND known.connection_id = open.id)
     UNION
    SELECT id, collector FROM peer_connections
     WHERE ended_at > $1::timestamptz AND ended_at <= $2::timestamptz AND peer_id IS NOT NULL
     UNION
    SELECT connection_id, collector FROM insight_sessions AS known
     WHERE ended_at IS NULL AND NOT EXISTS (SELECT FROM open WHERE open.id = known.connection_id)
  ), written AS (
    INSERT INTO insight_sessions (node_id, began_at, connection_id, chain_id, collector, process_began_at, beside_another,
                                  ${NAMES.join(', ')})
    SELECT nodes.id, first_message_at, connection.id, chains.id, connection.collector, first_message_at, false,
           ${Object.values(COLUMNS).join(', ')}
      FROM changed
     -- OFFSET 0: few rows, each by the primary key, whatever their number is estimated to be.
     CROSS JOIN LATERAL (SELECT * FROM peer_connections AS row
                          WHERE row.id = changed.id AND row.collector = changed.collector OFFSET 0) AS connection
      JOIN chains ON chains.key = ${chainKeySql('connection')}
      JOIN nodes ON nodes.chain_id = chains.id AND nodes.peer_id = connection.peer_id
    ON CONFLICT (node_id, began_at, connection_id) DO UPDATE SET ${NAMES.map((name) => `${name} = excluded.${name}`).join(', ')}
     WHERE (${NAMES.map((name) => `insight_sessions.${name}`).join(', ')})
           IS DISTINCT FROM (${NAMES.map((name) => `excluded.${name}`).join(', ')})
    RETURNING node_id, began_at
  )
  SELECT node_id AS node, ${timeText('min(began_at)')} AS since FROM written GROUP BY node_id`;

/** Sessions of a node from a time on: RFC 3339 in UTC with microseconds. */
export interface NodeSince {
  node: number;
  since: string;
}

/**
 * Writes the sessions of connections that are open or have ended in a time range.
 *
 * @param from exclusive
 * @param to inclusive
 * @returns the nodes with sessions that changed, and the begin of the first of them
 */
export async function writeSessions(client: ClientBase, from: string, to: string): Promise<NodeSince[]> {
  return (await client.query<NodeSince>(WRITE, [from, to])).rows;
}

/** Connections that are gone: they ended when their node was last heard, at the latest. */
const END_LOST = `
  UPDATE insight_sessions AS session
     SET ended_at = greatest(session.began_at, least(nodes.last_seen_at, (
           SELECT min(next.began_at) FROM insight_sessions AS next
            WHERE next.node_id = session.node_id AND next.began_at > session.began_at)))
    FROM nodes
   WHERE session.ended_at IS NULL AND nodes.id = session.node_id
     AND NOT EXISTS (SELECT FROM peer_connections AS connection
                      WHERE connection.id = session.connection_id AND connection.collector = session.collector)
  RETURNING session.node_id AS node, ${timeText('session.began_at')} AS since`;

/** Ends sessions whose connections were purged, or are missing after a restore. @returns their nodes */
export async function endLostSessions(client: ClientBase): Promise<NodeSince[]> {
  return (await client.query<NodeSince>(END_LOST)).rows;
}
