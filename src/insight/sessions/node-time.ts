import { COLLECTOR_DEAD_AFTER_MS, DAY_MS, sqlInterval } from '../../storage/index.js';
import { EXCUSED } from '../excused-gaps.js';
import { sessionEnd } from './session-rows.js';

/** A node is expected for a week after it was last heard; then it is gone. */
export const EXPECTED_AFTER_MS = 7 * DAY_MS;
/** A gap of one of several server processes excuses its nodes for as long at most. */
const GAP_READ_MS = DAY_MS;

/** The part of a node's life in a time range: it is expected from its first message on. */
export const isExpected = (node: string, from: string, to: string): string =>
  `${node}.first_seen_at < ${to} AND ${node}.last_seen_at + ${sqlInterval(EXPECTED_AFTER_MS)} > ${from}`;

/**
 * When the sessions of a process are known to be open: as long as it lives. A FROM item with number and open_until; a
 * process without a row has ended long ago.
 */
export const OPEN_UNTIL = `
  (SELECT number, CASE WHEN stopped_at IS NULL AND last_seen_at > now() - ${sqlInterval(COLLECTOR_DEAD_AFTER_MS)}
                       THEN now() ELSE last_seen_at END AS open_until
     FROM collectors)`;

const seconds = (multirange: string): string =>
  `(SELECT coalesce(sum(extract(epoch FROM upper(part) - lower(part))), 0)::float8 FROM unnest(${multirange}) AS part)`;

const range = (from: string, to: string): string => `tstzrange(${from}, greatest(${from}, ${to}))`;

const NOTHING = "'{}'::tstzmultirange";

/**
 * The times of nodes in time ranges, as a FROM item: node_id, chain_id, from_at, to_at, heard_seconds, up_seconds,
 * known_seconds, expected_seconds, begins, ends, restarts, links_lost, observer_ends, unknown_ends, and authority, version and implementation of the last
 * session in the range.
 *
 * Known is the time in which the node is expected, without gaps of its last server process and those during which no other
 * one ran, unless it was connected. Up is the part of it in which its process ran, from its start to its last message.
 *
 * @param wanted a query with node_id, chain_id, first_seen_at, last_seen_at, from_at and to_at
 */
export function nodeTime(wanted: string): string {
  return `(
  WITH wanted AS MATERIALIZED (${wanted}),
  gaps AS MATERIALIZED (
    SELECT gap.* FROM ${EXCUSED} AS gap
     WHERE gap.began_at < (SELECT max(to_at) FROM wanted)
       AND gap.until > (SELECT min(from_at) FROM wanted) - ${sqlInterval(GAP_READ_MS)}
  ), blind AS MATERIALIZED (
    SELECT from_at, to_at,
           coalesce((SELECT range_agg(${range('gaps.began_at', 'gaps.until')}) FROM gaps
                      WHERE alone AND gaps.began_at < to_at AND gaps.until > from_at), ${NOTHING}) AS times
      FROM (SELECT DISTINCT from_at, to_at FROM wanted) AS ranges
  ), sessions AS (
    SELECT wanted.node_id, wanted.from_at, wanted.to_at, session.began_at, session.process_began_at, session.ended_at,
           session.collector, session.end_reason, session.end_cause, session.restarted, session.beside_another,
           session.authority, session.version, session.implementation,
           greatest(session.began_at, coalesce(session.ended_at, open.open_until, session.began_at)) AS until,
           lead(session.began_at) OVER (PARTITION BY wanted.node_id, wanted.from_at ORDER BY session.began_at) AS next_began_at
      FROM wanted
     -- OFFSET 0: by the index of node and end. The number of sessions in a range is not known to the planner.
     CROSS JOIN LATERAL (SELECT * FROM insight_sessions AS one
                          WHERE one.node_id = wanted.node_id AND one.process_began_at < wanted.to_at
                            AND ${sessionEnd('one')} > wanted.from_at - ${sqlInterval(GAP_READ_MS)}
                         OFFSET 0) AS session
      LEFT JOIN ${OPEN_UNTIL} AS open ON open.number = session.collector
  ), excused AS (
    SELECT sessions.*,
           (SELECT range_agg(${range('excuse.began_at', "least(gaps.until, coalesce(next_began_at, 'infinity'))")})
              FROM gaps,
                   LATERAL (SELECT CASE WHEN end_reason = 'collector_lost' AND gaps.cause = 'down'
                                        THEN least(sessions.until, gaps.began_at)
                                        ELSE greatest(gaps.began_at, sessions.began_at) END AS began_at) AS excuse
             WHERE gaps.collector = sessions.collector AND gaps.until > sessions.began_at
               AND gaps.began_at < coalesce(next_began_at, 'infinity')) AS times
      FROM sessions
  ), summed AS (
    SELECT node_id, from_at,
           coalesce(range_agg(${range('began_at', 'until')}), ${NOTHING}) AS heard,
           coalesce(range_agg(${range('process_began_at', 'until')}), ${NOTHING}) AS up,
           coalesce(range_agg(times), ${NOTHING}) AS excused,
           count(*) FILTER (WHERE began_at >= from_at AND began_at < to_at AND NOT beside_another)::integer AS begins,
           count(*) FILTER (WHERE is_end)::integer AS ends,
           count(*) FILTER (WHERE is_end AND restarted)::integer AS restarts,
           count(*) FILTER (WHERE is_end AND end_cause = 'link_lost')::integer AS links_lost,
           count(*) FILTER (WHERE is_end AND end_cause = 'observer')::integer AS observer_ends,
           count(*) FILTER (WHERE is_end AND end_cause IS NULL)::integer AS unknown_ends,
           (array_agg(authority ORDER BY began_at DESC) FILTER (WHERE is_within))[1] AS authority,
           (array_agg(version ORDER BY began_at DESC) FILTER (WHERE is_within))[1] AS version,
           (array_agg(implementation ORDER BY began_at DESC) FILTER (WHERE is_within))[1] AS implementation
      FROM excused,
           LATERAL (SELECT ended_at >= from_at AND ended_at < to_at AND end_cause IS DISTINCT FROM 'handed_over' AS is_end,
                           began_at < to_at AND until > from_at AS is_within) AS flags
     GROUP BY node_id, from_at
  )
  SELECT wanted.node_id, wanted.chain_id, wanted.from_at, wanted.to_at,
         ${seconds('summed.heard * tstzmultirange(life)')} AS heard_seconds,
         ${seconds('summed.up * known')} AS up_seconds,
         ${seconds('known')} AS known_seconds,
         coalesce(extract(epoch FROM upper(life) - lower(life)), 0)::float8 AS expected_seconds,
         coalesce(begins, 0) AS begins, coalesce(ends, 0) AS ends, coalesce(restarts, 0) AS restarts,
         coalesce(links_lost, 0) AS links_lost, coalesce(observer_ends, 0) AS observer_ends,
         coalesce(unknown_ends, 0) AS unknown_ends,
         authority, version, implementation
    FROM wanted
    JOIN blind USING (from_at, to_at)
    LEFT JOIN summed USING (node_id, from_at)
    CROSS JOIN LATERAL (
           SELECT greatest(from_at, first_seen_at) AS expected_from,
                  least(to_at, now(), last_seen_at + ${sqlInterval(EXPECTED_AFTER_MS)}) AS expected_to) AS expected
    CROSS JOIN LATERAL (SELECT ${range('expected_from', 'expected_to')} AS life) AS lives
    CROSS JOIN LATERAL (
           SELECT tstzmultirange(life) - ((blind.times + coalesce(excused, ${NOTHING})) - coalesce(heard, ${NOTHING}))
                  AS known) AS knowing
  )`;
}
