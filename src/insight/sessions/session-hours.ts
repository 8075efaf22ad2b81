import type { ClientBase } from 'pg';
import type { Days } from './node-days.js';
import { sessionEnd } from './session-rows.js';

/** How sessions began and ended; the columns of `insight_session_hours`. */
export const SESSION_COUNTS = [
  'begins',
  'ends',
  'restarts',
  'links_lost',
  'observer_ends',
  'unknown_ends',
] as const;
export type SessionCount = (typeof SESSION_COUNTS)[number];

/**
 * How many sessions began while their node had no other one, and ended so that it had none, by the cause of the end. Groups
 * are the chain and `bucket`. By the indexes of chain and begin, and of chain and end.
 *
 * @param chains a condition on `chain_id`
 * @param bucket an expression with a time
 */
export function countSessions(
  chains: string,
  bucket: (time: string) => string,
  { from, to }: { from: string; to: string },
): string {
  return `
  SELECT chain_id, at, ${SESSION_COUNTS.map((name) => `sum(${name})::integer AS ${name}`).join(', ')}
    FROM (SELECT chain_id, ${bucket('began_at')} AS at, count(*) AS begins, 0 AS ends, 0 AS restarts, 0 AS links_lost,
                 0 AS observer_ends, 0 AS unknown_ends
            FROM insight_sessions
           WHERE ${chains} AND began_at >= ${from} AND began_at < ${to} AND NOT beside_another GROUP BY 1, 2
           UNION ALL
          SELECT chain_id, ${bucket('ended_at')}, 0, count(*), count(*) FILTER (WHERE end_cause = 'restart'),
                 count(*) FILTER (WHERE end_cause = 'link_lost'), count(*) FILTER (WHERE end_cause = 'observer'),
                 count(*) FILTER (WHERE end_cause IS NULL)
            FROM insight_sessions AS session
           WHERE ${chains} AND ${sessionEnd('session')} >= ${from} AND ${sessionEnd('session')} < ${to}
             AND end_cause IS DISTINCT FROM 'handed_over' GROUP BY 1, 2) AS counts
   GROUP BY 1, 2`;
}

const FROM = "($1::timestamp AT TIME ZONE 'UTC')";
const TO = "(($2::timestamp + interval '1 day') AT TIME ZONE 'UTC')";
const list = (prefix: string): string => SESSION_COUNTS.map((name) => `${prefix}${name}`).join(', ');

const WRITE = `
  WITH counted AS MATERIALIZED (${countSessions(
    'chain_id = ANY (ARRAY(SELECT id FROM chains))',
    (time) => `date_bin('1 hour', ${time}, 'epoch')`,
    { from: FROM, to: TO },
  )}
  ), deleted AS (
    DELETE FROM insight_session_hours AS stored
     WHERE hour >= ${FROM} AND hour < ${TO} AND chain_id = ANY (ARRAY(SELECT id FROM chains))
       AND NOT EXISTS (SELECT FROM counted WHERE counted.chain_id = stored.chain_id AND counted.at = stored.hour)
  )
  INSERT INTO insight_session_hours (chain_id, hour, ${list('')})
  SELECT chain_id, at, ${list('')} FROM counted
  ON CONFLICT (chain_id, hour) DO UPDATE SET ${SESSION_COUNTS.map((name) => `${name} = excluded.${name}`).join(', ')}
   WHERE (${list('insight_session_hours.')}) IS DISTINCT FROM (${list('excluded.')})`;

/** Counts the sessions that began and ended in each hour of some days. */
export async function writeSessionHours(client: ClientBase, { from, to }: Days): Promise<void> {
  await client.query(WRITE, [from, to]);
}
