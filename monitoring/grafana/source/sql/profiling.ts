import { typeSql } from '../../../../src/storage/schema/index.js';
import { withoutDollarSign } from './choices.js';
import { inVariable, numberIn, CONNECTIONS_OF_NODE, POINTS, messagesAtPoints, whole } from './connections.js';

/*
 * Durations of calls in nanoseconds. A tracing node sends hundreds of messages with each block, so each interval uses
 * the first `$calls` messages of a connection only.
 */

const CALLS_AT_MOST = numberIn('calls');

/** CTE `call`: the sampled calls of the chosen targets. */
const CALLS = `${CONNECTIONS_OF_NODE},
${POINTS},
call AS MATERIALIZED (
  SELECT lower, target, name, ns
    FROM (SELECT point.lower, left(message.logs->>'target', 100) AS target, left(message.logs->>'name', 100) AS name,
                 ${whole('time', 'message.logs')} AS ns
            FROM ${messagesAtPoints('logs', 'tracing.profiling', `ORDER BY created_at LIMIT ${CALLS_AT_MOST}`)}) AS timed
   WHERE ns IS NOT NULL AND ${inVariable('target', 'target')})`;

/** Series of the names with the highest total time, each with its target. */
const overTime = (aggregate: string): string => `
WITH ${CALLS},
costly AS (SELECT target, name FROM call GROUP BY 1, 2 ORDER BY sum(ns) DESC, 1, 2 LIMIT 10)
SELECT lower AS "time", target || '::' || name AS metric, ${aggregate}::float8 AS value
  FROM call JOIN costly USING (target, name)
 GROUP BY 1, 2
 ORDER BY 1, 2`;

export const MEAN_TIMES = overTime('avg(ns)');

export const P90_TIMES = overTime('percentile_cont(0.9) WITHIN GROUP (ORDER BY ns)');

export const MAX_TIMES = overTime('max(ns)');

export const TIME_BY_TARGET = `
WITH ${CALLS},
costly AS (SELECT target FROM call GROUP BY 1 ORDER BY sum(ns) DESC, 1 LIMIT 10)
SELECT lower AS "time", target AS metric, sum(ns)::float8 AS value
  FROM call JOIN costly USING (target)
 GROUP BY 1, 2
 ORDER BY 1, 2`;

export const TIMES = `
WITH ${CALLS}
SELECT target AS "Target", name AS "Name", count(*) AS "Calls", avg(ns)::float8 AS "Mean",
       percentile_cont(0.9) WITHIN GROUP (ORDER BY ns) AS "p90", max(ns) AS "Maximum", sum(ns)::float8 AS "Total"
  FROM call
 GROUP BY 1, 2
 ORDER BY sum(ns) DESC, 1, 2
 LIMIT 100`;

const sampledCalls = (value: string): string => `
WITH ${CONNECTIONS_OF_NODE},
${POINTS}
SELECT ${value}
  FROM (SELECT count(*) AS calls
          FROM ${messagesAtPoints('connection.id', 'tracing.profiling', `ORDER BY created_at LIMIT ${CALLS_AT_MOST}`)}
         GROUP BY point.lower, message.id) AS read`;

export const CALL_COUNT = sampledCalls('coalesce(sum(calls), 0)::float8 AS calls');

/** The share of intervals with calls whose calls were all read. */
export const WHOLE_INTERVALS = sampledCalls(
  `avg(CASE WHEN calls < ${CALLS_AT_MOST} THEN 1 ELSE 0 END)::float8 AS whole`,
);

/** Targets of the newest calls of the node. */
export const TARGETS = `
WITH ${CONNECTIONS_OF_NODE}
SELECT DISTINCT left(message.logs->>'target', 100) AS target
  FROM connection
 CROSS JOIN LATERAL (
        SELECT logs FROM tetcore_logs
         WHERE peer_connection_id = connection.id AND type = ${typeSql('tracing.profiling')} AND $__timeFilter(created_at)
         ORDER BY created_at DESC LIMIT 10000) AS message
 WHERE ${withoutDollarSign("message.logs->>'target'")}
 ORDER BY 1
 LIMIT 200`;
