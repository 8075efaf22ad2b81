import { typeSql } from '../../storage/index.js';
import type { MessageRange } from './benchmark-run.js';

/** Up to 31 years: what is no such number is no time. Beyond it `float8`, in which percentiles are, has an end. */
const NANOSECONDS = '^[0-9]{1,18}(\\.[0-9]{1,30})?$';

const FIGURES = `'count', count, 'mean', mean, 'median', median, 'p90', p90, 'min', min, 'max', max`;

/** Where the parameters of a range have their places: see {@link rangeParameters}. */
interface Places {
  connections: string;
  collectors: string;
  start: string;
  end: string;
  stretches: string;
}

/** The JSON of ProfileEntries. */
export const PROFILE = `
  SELECT json_build_object('target', target, 'name', name, ${FIGURES})::text AS row
    FROM (${profile(placesFrom(2))}) AS profile ORDER BY target COLLATE "C", name COLLATE "C"`;

/** The JSON of ProfileComparisons. */
export const COMPARISON = `
  WITH base AS (SELECT target, name, mean, median, json_build_object(${FIGURES}) AS figures
                  FROM (${profile(placesFrom(2))}) AS profile),
       head AS (SELECT target, name, mean, median, json_build_object(${FIGURES}) AS figures
                  FROM (${profile(placesFrom(7))}) AS profile)
  SELECT json_build_object('target', target, 'name', name, 'base', base.figures, 'head', head.figures,
                           'mean_ratio', (head.mean / nullif(base.mean, 0))::float8,
                           'median_ratio', head.median / nullif(base.median, 0))::text AS row
    FROM base FULL JOIN head USING (target, name) ORDER BY target COLLATE "C", name COLLATE "C"`;

/** The JSON of Targets. */
export const TARGETS = `
  SELECT json_build_object('target', target)::text AS row
    FROM (SELECT DISTINCT logs->>'target' AS target FROM tetcore_logs
           WHERE ${within(placesFrom(1))} AND logs->>'target' IS NOT NULL) AS found
   ORDER BY target COLLATE "C"`;

export function rangeParameters(range: MessageRange): unknown[] {
  return [range.connections, range.collectors, range.start, range.end, range.stretches];
}

function placesFrom(first: number): Places {
  const place = (index: number): string => `$${(first + index).toString()}`;
  return { connections: place(0), collectors: place(1), start: place(2), end: place(3), stretches: place(4) };
}

/** The bounds are constants to the planner, which leaves out the partitions that lie beyond them. */
function within({ connections, collectors, start, end, stretches }: Places): string {
  return `peer_connection_id = ANY (${connections}::bigint[]) AND collector = ANY (${collectors}::integer[])
          AND created_at >= ${start}::timestamptz AND created_at <= ${end}::timestamptz
          AND created_at <@ ${stretches}::tstzmultirange`;
}

/** $1 is a target, or null. */
function profile(places: Places): string {
  return `
    SELECT target, name, count(*) AS count, trim_scale(avg(time)) AS mean,
           (percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY time::float8))[1] AS median,
           (percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY time::float8))[2] AS p90,
           min(time) AS min, max(time) AS max
      FROM (SELECT coalesce(logs->>'target', '') AS target, coalesce(logs->>'name', '') AS name,
                   CASE WHEN logs->>'time' ~ '${NANOSECONDS}' THEN (logs->>'time')::numeric END AS time
              FROM tetcore_logs
             WHERE ${within(places)} AND type = ${typeSql('tracing.profiling')}
               AND ($1::text IS NULL OR logs->>'target' = $1::text)
            -- Else each figure reads the time out of the message anew.
            OFFSET 0) AS call
     WHERE time IS NOT NULL GROUP BY target, name`;
}
