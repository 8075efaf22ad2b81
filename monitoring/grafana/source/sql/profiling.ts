import { typeSql } from '../../../../src/storage/schema/index.js';
import { harmless } from './choices.js';
import { among, amountOf, CONNECTIONS_OF_NODE, POINTS, saidAtPoints, whole } from './connections.js';

/*
 * Times of calls. A node that traces sends hundreds of messages with each block, so that of each interval between two
 * points the first `$calls` of a connection are looked at. Times are nanoseconds.
 */

const CALLS_AT_MOST = amountOf('calls');

/** CTE `call`: what is looked at, of the targets that were chosen. */
const CALLS = `${CONNECTIONS_OF_NODE},
${POINTS},
call AS MATERIALIZED (
  SELECT lower, target, name, ns
    FROM (SELECT point.lower, left(said.logs->>'target', 100) AS target, left(said.logs->>'name', 100) AS name,
                 ${whole('time', 'said.logs')} AS ns
            FROM ${saidAtPoints('logs', 'tracing.profiling', `ORDER BY created_at LIMIT ${CALLS_AT_MOST}`)}) AS timed
   WHERE ns IS NOT NULL AND ${among('target', 'target')})`;

/** The names that took the most time in all, each with its target. */
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
       percentile_cont(0.9) WITHIN GROUP (ORDER BY ns) AS "p90", max(ns) AS "Longest", sum(ns)::float8 AS "In all"
  FROM call
 GROUP BY 1, 2
 ORDER BY sum(ns) DESC, 1, 2
 LIMIT 100`;

const lookedAt = (value: string): string => `
WITH ${CONNECTIONS_OF_NODE},
${POINTS}
SELECT ${value}
  FROM (SELECT count(*) AS calls
          FROM ${saidAtPoints('connection.id', 'tracing.profiling', `ORDER BY created_at LIMIT ${CALLS_AT_MOST}`)}
         GROUP BY point.lower, said.id) AS read`;

export const CALL_COUNT = lookedAt('coalesce(sum(calls), 0)::float8 AS calls');

/** The share of the intervals that have calls of which all were looked at. */
export const WHOLE_INTERVALS = lookedAt(
  `avg(CASE WHEN calls < ${CALLS_AT_MOST} THEN 1 ELSE 0 END)::float8 AS whole`,
);

/** Targets of the newest calls of the node. */
export const TARGETS = `
WITH ${CONNECTIONS_OF_NODE}
SELECT DISTINCT left(said.logs->>'target', 100) AS target
  FROM connection
 CROSS JOIN LATERAL (
        SELECT logs FROM tetcore_logs
         WHERE peer_connection_id = connection.id AND type = ${typeSql('tracing.profiling')} AND $__timeFilter(created_at)
         ORDER BY created_at DESC LIMIT 10000) AS said
 WHERE ${harmless("said.logs->>'target'")}
 ORDER BY 1
 LIMIT 200`;
