// Deep import: the index of that module would load the whole module.
import { EXCUSED } from '../../../../src/insight/excused-gaps.js';
import { hashOf, inVariable, LARGEST_CHAINS } from './connections.js';

/*
 * The past of the chosen chain, from tables that are computed as messages arrive. A query reads rows of minutes, hours or
 * days by their primary key, whichever the distance of two points allows: percentiles cannot be averaged.
 */

/** Chains that ever reported, the one with the most nodes first. Names with a dollar sign could be a macro of Grafana. */
export const CHAINS_OF_THE_PAST = `
SELECT key AS __value,
       CASE WHEN count(*) OVER (PARTITION BY name) > 1 THEN name || ' (' || coalesce(left(${hashOf('key')}, 10), 'no hash') || ')'
            ELSE coalesce(name, key) END AS __text
  FROM chains
 WHERE strpos(key, '$') = 0 AND strpos(coalesce(name, ''), '$') = 0 AND first_seen_at <= $__timeTo()
 ORDER BY (SELECT count(*) FROM nodes WHERE chain_id = chains.id) DESC, id
 LIMIT 100`;

const CHAIN_ID = `(SELECT id FROM chains WHERE ${inVariable('key', 'chain')} ORDER BY id LIMIT 1)`;

/** The distance of two points from which on hours, and days, are read instead of minutes. */
const HOURS_FROM_MS = 180_000;
const DAYS_FROM_MS = 7_200_000;

const TABLES = [
  { table: 'insight_minutes', column: 'minute', when: `$__interval_ms < ${HOURS_FROM_MS}` },
  {
    table: 'insight_hours',
    column: 'hour',
    when: `$__interval_ms >= ${HOURS_FROM_MS} AND $__interval_ms < ${DAYS_FROM_MS}`,
  },
  { table: 'insight_days', column: 'day', when: `$__interval_ms >= ${DAYS_FROM_MS}` },
];

/** The first one begins before the range. */
const overlaps = (column: string): string =>
  `${column} > $__timeFrom()::timestamptz - interval '1 ${column}' AND ${column} <= $__timeTo()`;

/** A SELECT of one of the three tables: the planner drops the others. */
const fromTables = (columns: string, chains: string): string =>
  TABLES.map(
    ({ table, column, when }) => `
  SELECT ${column} AS "time", ${columns}
    FROM ${table}
   WHERE ${when} AND chain_id = ${chains} AND ${overlaps(column)}`,
  ).join('\n  UNION ALL');

/** A series of values of the chosen chain, SQL by name. */
const series = (values: Record<string, string>): string => `
SELECT * FROM (${fromTables(
  Object.entries(values)
    .map(([name, value]) => `(${value})::float8 AS "${name}"`)
    .join(', '),
  CHAIN_ID,
)}
) AS points
 ORDER BY 1`;

/** A line for each of the chosen chains with the most nodes. */
const linePerChain = (value: string): string => `
WITH ${LARGEST_CHAINS},
chain AS MATERIALIZED (SELECT id, label FROM chains JOIN largest USING (key))
SELECT "time", label AS metric, value
  FROM (${fromTables(`chain_id, (${value})::float8 AS value`, 'ANY (ARRAY(SELECT id FROM chain))')}
) AS points JOIN chain ON chain.id = chain_id
 ORDER BY 1, 2`;

export const LAG_OF_CHAINS = linePerChain('lag_p50');

export const BLOCK_TIME_OF_CHAINS = linePerChain('block_time_p50_ms / 1000');

export const LAG = series({ p50: 'lag_p50', p90: 'lag_p90' });

export const TIME_TO_FINALITY = series({
  p50: 'time_to_finality_p50_ms',
  p90: 'time_to_finality_p90_ms',
});

export const PROPAGATION = series({
  p50: 'propagation_p50_ms',
  p90: 'propagation_p90_ms',
  p95: 'propagation_p95_ms',
  p99: 'propagation_p99_ms',
});

export const REACH = series({ reach: 'arrivals::float8 / nullif(expected_arrivals, 0)' });

export const BLOCK_TIME = series({ p50: 'block_time_p50_ms', p95: 'block_time_p95_ms' });

export const NODES = series({ nodes: 'nodes' });

/** Minutes have no orphans: they are known when a height is final. */
export const ORPHANS = `
SELECT * FROM (
  SELECT hour AS "time", orphans::float8 AS orphans, (orphans::float8 / nullif(final_heights, 0)) AS rate
    FROM insight_hours
   WHERE $__interval_ms < ${DAYS_FROM_MS} AND chain_id = ${CHAIN_ID} AND ${overlaps('hour')}
  UNION ALL
  SELECT day, orphans, (orphans::float8 / nullif(final_heights, 0))
    FROM insight_days
   WHERE $__interval_ms >= ${DAYS_FROM_MS} AND chain_id = ${CHAIN_ID} AND ${overlaps('day')}
) AS points
 ORDER BY 1`;

/** By the index of blocks that are not canonical. */
export const LOST_BLOCKS = `
SELECT first_seen_at AS "First seen", height AS "Height", '0x' || encode(hash, 'hex') AS "Hash", reporters AS "Nodes",
       finalized.at AS "Height final"
  FROM insight_blocks AS block
  LEFT JOIN LATERAL (SELECT finalized_at AS at FROM insight_blocks AS other
                      WHERE other.chain_id = block.chain_id AND other.height = block.height AND other.canonical) AS finalized ON true
 WHERE chain_id = ${CHAIN_ID} AND canonical IS NOT TRUE AND canonical IS NOT NULL AND $__timeFilter(first_seen_at)
 ORDER BY first_seen_at DESC, hash
 LIMIT 50`;

const OVERLAPS = "began_at <= $__timeTo() AND coalesce(ended_at, 'infinity') >= $__timeFrom()";

/** Spans of the chain itself. */
export const HALTS = `
SELECT began_at AS "From", ended_at AS "To", extract(epoch FROM ended_at - began_at)::float8 AS "Length", kind AS "Kind",
       height AS "Height"
  FROM insight_spans
 WHERE chain_id = ${CHAIN_ID} AND node_id = 0 AND ${OVERLAPS}
 ORDER BY began_at DESC
 LIMIT 100`;

/** Spans of nodes. */
export const STUCK = `
SELECT span.began_at AS "From", span.ended_at AS "To", extract(epoch FROM span.ended_at - span.began_at)::float8 AS "Length",
       span.kind AS "Kind", node.name AS "Node", span.height AS "Height", node.peer_id AS "Peer id"
  FROM insight_spans AS span JOIN nodes AS node ON node.id = span.node_id
 WHERE span.chain_id = ${CHAIN_ID} AND ${OVERLAPS}
 ORDER BY span.began_at DESC, node.id
 LIMIT 100`;

/** Days that overlap the range, in UTC. */
const DAYS =
  "day >= ($__timeFrom()::timestamptz AT TIME ZONE 'UTC')::date AND day <= ($__timeTo()::timestamptz AT TIME ZONE 'UTC')::date";
const DAY_TIME = `day::timestamp AT TIME ZONE 'UTC'`;

export const AVAILABILITY = `
SELECT ${DAY_TIME} AS "time", sum(up_seconds)::float8 / nullif(sum(known_seconds), 0) AS availability,
       sum(heard_seconds)::float8 / nullif(sum(known_seconds), 0) AS connected
  FROM insight_node_days
 WHERE chain_id = ${CHAIN_ID} AND ${DAYS}
 GROUP BY day
 ORDER BY 1`;

export const LEAST_AVAILABLE = `
SELECT node.name AS "Node", worst.availability AS "Availability", worst.down AS "Down", worst.restarts AS "Restarts",
       worst.links_lost AS "Links lost", node.peer_id AS "Peer id"
  FROM (SELECT node_id, sum(up_seconds)::float8 / nullif(sum(known_seconds), 0) AS availability,
               sum(known_seconds - up_seconds)::float8 AS down, sum(restarts) AS restarts, sum(links_lost) AS links_lost
          FROM insight_node_days
         WHERE chain_id = ${CHAIN_ID} AND ${DAYS}
         GROUP BY node_id
         ORDER BY 2, node_id
         LIMIT 50) AS worst
  JOIN nodes AS node ON node.id = worst.node_id
 ORDER BY 2, node.id`;

export const ENDS = `
SELECT ${DAY_TIME} AS "time", sum(restarts)::float8 AS restarts, sum(links_lost)::float8 AS "links lost",
       sum(observer_ends)::float8 AS server, sum(unknown_ends)::float8 AS unknown
  FROM insight_node_days
 WHERE chain_id = ${CHAIN_ID} AND ${DAYS}
 GROUP BY day
 ORDER BY 1`;

/** More lines cannot be told apart. */
const MAX_VERSIONS = 15;

/** The versions with the most node-days, and the others together. */
export const VERSIONS_OVER_TIME = `
WITH counted AS MATERIALIZED (
  SELECT day, implementation || ' ' || version AS software, nodes
    FROM insight_version_days
   WHERE chain_id = ${CHAIN_ID} AND ${DAYS}),
largest AS (
  SELECT software FROM counted GROUP BY software ORDER BY sum(nodes) DESC, software LIMIT ${MAX_VERSIONS})
SELECT ${DAY_TIME} AS "time", coalesce(largest.software, 'others') AS metric, sum(nodes)::float8 AS value
  FROM counted LEFT JOIN largest USING (software)
 GROUP BY day, largest.software
 ORDER BY 1, 2`;

/** The last day of the range with nodes. */
export const VERSIONS_AT_END = `
SELECT implementation || ' ' || version AS "Software", nodes AS "Nodes"
  FROM insight_version_days
 WHERE chain_id = ${CHAIN_ID}
   AND day = (SELECT max(day) FROM insight_version_days WHERE chain_id = ${CHAIN_ID} AND ${DAYS})
 ORDER BY nodes DESC, 1
 LIMIT 20`;

/** Seconds between two points. */
const STEP = '($__interval_ms / 1000.0)';

/** The share of each interval outside of gaps and their grace. Gaps of several servers may overlap. */
export const KNOWN_TIME = `
WITH gap AS MATERIALIZED (
  SELECT began_at, until FROM ${EXCUSED} AS gaps WHERE began_at < $__timeTo() AND until > $__timeFrom()),
point AS (
  SELECT at AS lower, least(at + make_interval(secs => ${STEP}), $__timeTo()) AS upper
    FROM generate_series($__timeFrom()::timestamptz, $__timeTo()::timestamptz, make_interval(secs => ${STEP})) AS at
   WHERE at < $__timeTo())
SELECT point.lower AS "time",
       1 - coalesce(sum(extract(epoch FROM upper(part) - lower(part))), 0)::float8
           / extract(epoch FROM point.upper - point.lower)::float8 AS known
  FROM point
  LEFT JOIN LATERAL (
         SELECT unnest(range_agg(tstzrange(greatest(began_at, point.lower), least(until, point.upper)))) AS part
           FROM gap
          WHERE began_at < point.upper AND until > point.lower) AS unseen ON true
 GROUP BY point.lower, point.upper
 ORDER BY 1`;

/** Regions that Grafana shades in all charts: what the servers did not see. */
export const GAP_REGIONS = `
SELECT began_at AS "time", until AS timeend, 'Not seen: ' || cause AS text
  FROM ${EXCUSED} AS gaps
 WHERE began_at < $__timeTo() AND until > $__timeFrom()
 ORDER BY 1
 LIMIT 1000`;

/** The same for halts of the chain and stalls of its finality. */
export const HALT_REGIONS = `
SELECT began_at AS "time", coalesce(ended_at, $__timeTo()) AS timeend, kind AS text
  FROM insight_spans
 WHERE chain_id = ${CHAIN_ID} AND node_id = 0 AND ${OVERLAPS}
 ORDER BY 1
 LIMIT 1000`;
