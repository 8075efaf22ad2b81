import type { ClientBase } from 'pg';
import { type EndReason, timeText } from '../../storage/index.js';
import { EXCUSED } from '../excused-gaps.js';
import { type NodeSince, sessionEnd } from './session-rows.js';

/**
 * Why a session ended: `restart`, if the next session is one of another process, `link_lost`, if it is one of the same
 * process, `observer`, if a server process was the reason, and `handed_over`, if the node had another session.
 */
export const END_CAUSES = ['restart', 'link_lost', 'observer', 'handed_over'] as const;

/** A server process was the reason, also before its gap is recorded. */
const OF_SERVER: readonly EndReason[] = ['collector_lost', 'shutdown'];
const REASONS = OF_SERVER.map((reason) => `'${reason}'`).join(', ');

/** The start of a process may seem to be so much before the end of the one before: clocks differ. */
const START_TOLERANCE = "interval '5 seconds'";

/** Whether the end of a session is in a gap: by clocks of a server and of the database. Those of a process that ended say so. */
const isIn = (gap: string, end: string): string =>
  `${end} BETWEEN ${gap}.began_at - CASE ${gap}.cause WHEN 'down' THEN interval '0' ELSE interval '1 second' END AND ${gap}.until`;

/**
 * What follows for sessions from others of their node. A node has one process at a time: a startup time before the end of
 * an earlier process is wrong. The earlier sessions of the same process tell since when it ran.
 *
 * `context` is what began before: its own begin does not change. All sessions are found by the index of node and end; the
 * next one by the primary key.
 */
const DERIVE = `
  WITH wanted AS MATERIALIZED (
    SELECT given.node_id, given.since, coalesce(before.ended_at, '-infinity') AS ended_before
      FROM unnest($1::integer[], $2::timestamptz[]) AS given (node_id, since),
           LATERAL (SELECT max(${sessionEnd('session')}) AS ended_at FROM insight_sessions AS session
                     WHERE session.node_id = given.node_id AND ${sessionEnd('session')} < given.since) AS before
  ), scope AS (
    SELECT session.*, session.began_at < wanted.since AS is_context,
           max(${sessionEnd('session')}) OVER (PARTITION BY session.node_id ORDER BY began_at, connection_id
                                     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ended_before
      FROM wanted JOIN insight_sessions AS session
        ON session.node_id = wanted.node_id AND ${sessionEnd('session')} >= wanted.ended_before
  ), processes AS (
    SELECT scope.*,
           CASE WHEN is_context THEN process_began_at
                WHEN startup_at IS NULL THEN began_at
                WHEN ended_before IS NULL OR startup_at >= ended_before THEN startup_at
                WHEN startup_at >= ended_before - ${START_TOLERANCE} THEN least(began_at, ended_before)
                ELSE began_at END AS own_began_at
      FROM scope
  ), began AS (
    SELECT processes.*,
           CASE WHEN is_context THEN process_began_at
                WHEN startup_time IS NULL THEN began_at
                ELSE least(began_at, first_value(own_began_at) OVER (
                       PARTITION BY node_id, startup_time ORDER BY began_at, connection_id)) END AS new_process_began_at
      FROM processes
  ), derived AS (
    SELECT began.node_id, began.began_at, began.connection_id, new_process_began_at,
           EXISTS (SELECT FROM insight_sessions AS other
                    WHERE other.node_id = began.node_id AND ${sessionEnd('other')} > began.began_at
                      AND (other.began_at, other.connection_id) < (began.began_at, began.connection_id)) AS beside_another,
           CASE WHEN began.ended_at IS NOT NULL AND NOT covered THEN next.startup_time <> began.startup_time END
             AS restarted,
           coalesce((SELECT (other.version, other.implementation) IS NOT DISTINCT FROM (began.version, began.implementation)
                       FROM insight_sessions AS other
                      WHERE other.node_id = began.node_id
                        AND (other.began_at, other.connection_id) < (began.began_at, began.connection_id)
                      ORDER BY other.began_at DESC, other.connection_id DESC LIMIT 1), false) AS same_version,
           CASE WHEN began.ended_at IS NULL THEN NULL
                WHEN covered THEN 'handed_over'
                WHEN began.end_reason IN (${REASONS}) THEN 'observer'
                WHEN EXISTS (SELECT FROM ${EXCUSED} AS gap
                              WHERE gap.collector = began.collector
                                AND ${isIn('gap', 'began.ended_at')}) THEN 'observer'
                WHEN next.startup_time <> began.startup_time THEN 'restart'
                WHEN next.startup_time = began.startup_time THEN 'link_lost' END AS end_cause
      FROM began
      CROSS JOIN LATERAL (
             SELECT EXISTS (SELECT FROM insight_sessions AS other
                             WHERE other.node_id = began.node_id AND other.began_at <= began.ended_at
                               AND other.connection_id <> began.connection_id
                               AND (${sessionEnd('other')}, other.connection_id) > (began.ended_at, began.connection_id)
                               AND ${sessionEnd('other')} >= began.ended_at) AS covered) AS cover
      LEFT JOIN LATERAL (
             SELECT startup_time FROM insight_sessions AS later
              WHERE later.node_id = began.node_id AND later.began_at > began.ended_at
              ORDER BY later.began_at, later.connection_id LIMIT 1) AS next ON true
  ), updated AS (
    UPDATE insight_sessions AS session
       SET process_began_at = new_process_began_at, beside_another = derived.beside_another,
           restarted = derived.restarted, same_version = derived.same_version, end_cause = derived.end_cause
      FROM derived
     WHERE session.node_id = derived.node_id AND session.began_at = derived.began_at
       AND session.connection_id = derived.connection_id
       AND (session.process_began_at, session.beside_another, session.restarted, session.same_version, session.end_cause)
           IS DISTINCT FROM
           (new_process_began_at, derived.beside_another, derived.restarted, derived.same_version, derived.end_cause)
  )
  SELECT node_id AS node, ${timeText("least(since, nullif(ended_before, '-infinity'))")} AS since FROM wanted`;

/**
 * Finds for the sessions of nodes since when their process ran, and why they ended.
 *
 * @returns since when the time of each node may be another one
 */
export async function deriveSessions(client: ClientBase, nodes: readonly NodeSince[]): Promise<NodeSince[]> {
  if (nodes.length === 0) return [];
  const { rows } = await client.query<NodeSince>(DERIVE, [
    nodes.map(({ node }) => node),
    nodes.map(({ since }) => since),
  ]);
  return rows;
}

/** Nodes with sessions that ended in a time range; all of them, or those that a gap of the observer excuses. */
const ENDED = `
  SELECT node_id AS node, ${timeText('min(ended_at)')} AS since FROM insight_sessions AS session
   WHERE chain_id = ANY (ARRAY(SELECT id FROM chains)) AND ended_at IS NOT NULL
     AND ${sessionEnd('session')} > $1::timestamptz AND ${sessionEnd('session')} <= $2::timestamptz
     AND ($3 OR end_cause = 'observer' AND end_reason NOT IN (${REASONS}))
   GROUP BY node_id`;

/**
 * @param from exclusive
 * @param to inclusive
 */
export async function endedNodes(client: ClientBase, from: string, to: string): Promise<NodeSince[]> {
  return (await client.query<NodeSince>(ENDED, [from, to, true])).rows;
}

/** Nodes with sessions that ended in a gap after a time: a gap may turn out to be shorter. */
export async function excusedNodes(client: ClientBase, from: string): Promise<NodeSince[]> {
  return (await client.query<NodeSince>(ENDED, [from, 'infinity', false])).rows;
}

/** Those that ended in a gap which was recorded after they had a cause. */
const IN_GAPS = `
  UPDATE insight_sessions AS session SET end_cause = 'observer'
    FROM ${EXCUSED} AS gap
   WHERE gap.until > $1::timestamptz AND session.chain_id = ANY (ARRAY(SELECT id FROM chains))
     AND ${isIn('gap', sessionEnd('session'))}
     AND session.collector = gap.collector AND session.ended_at IS NOT NULL
     AND session.end_cause IS DISTINCT FROM 'observer' AND session.end_cause IS DISTINCT FROM 'handed_over'`;

/** Excuses the ends of sessions in gaps that were recorded lately. @param since gaps that ended before are left out */
export async function excuseEnds(client: ClientBase, since: string): Promise<void> {
  await client.query(IN_GAPS, [since]);
}
