import {
  LARGEST_CHAINS,
  median,
  numeric,
  OF_CHAINS,
  OF_LARGEST,
  pointOf,
  POINTS,
  SAMPLED_CONNECTIONS,
  saidAtPoints,
  whole,
} from './connections.js';

/*
 * Lines of chains. At each point the newest message of each node that is looked at counts: points times nodes steps
 * of the index, however many messages there are.
 */

/** A node sends two kinds of `system.interval` in turn: one with `height`, one with `peers`. */
const newestInterval = (field: 'height' | 'peers', columns: string): string =>
  saidAtPoints(columns, 'system.interval', `AND logs ? '${field}' ORDER BY created_at DESC LIMIT 1`);

const AT_HEIGHTS = newestInterval(
  'height',
  `${whole('height')} AS best, ${whole('finalized_height')} AS finalized, ${whole('txcount')} AS transactions`,
);

const ofHeights = (value: string): string => `
WITH ${SAMPLED_CONNECTIONS},
${POINTS}
SELECT point.lower AS "time", connection.chain AS metric, ${value} AS value
  FROM ${AT_HEIGHTS}
 GROUP BY point.lower, connection.key, connection.chain
 ORDER BY 1, 2`;

export const BEST_HEIGHTS = ofHeights(median('said.best'));

export const FINALIZED_HEIGHTS = ofHeights(median('said.finalized'));

export const FINALITY_LAGS = ofHeights(median('said.best - said.finalized'));

export const TRANSACTIONS = ofHeights('avg(said.transactions)::float8');

const AT_PEERS = newestInterval(
  'peers',
  `${numeric('peers')} AS peers, ${numeric('bandwidth_upload')} AS upload, ${numeric('bandwidth_download')} AS download`,
);

export const MEAN_PEERS = `
WITH ${SAMPLED_CONNECTIONS},
${POINTS}
SELECT point.lower AS "time", connection.chain AS metric, avg(said.peers)::float8 AS value
  FROM ${AT_PEERS}
 GROUP BY point.lower, connection.key, connection.chain
 ORDER BY 1, 2`;

export const MEAN_BANDWIDTHS = `
WITH ${SAMPLED_CONNECTIONS},
${POINTS}
SELECT lower AS "time", chain || ', ' || direction AS metric, value
  FROM (SELECT point.lower, connection.chain, avg(said.upload)::float8 AS upload, avg(said.download)::float8 AS download
          FROM ${AT_PEERS}
         GROUP BY point.lower, connection.key, connection.chain) AS mean
 CROSS JOIN LATERAL (VALUES ('up', upload), ('down', download)) AS each (direction, value)
 ORDER BY 1, 2`;

/** From the first sight of the block that nodes have at one point to that at the next, by our clock. */
export const BLOCK_TIMES = `
WITH ${SAMPLED_CONNECTIONS},
${POINTS},
block AS MATERIALIZED (
  SELECT key, chain, lower, height, received_at
    FROM (SELECT connection.key, connection.chain, point.lower, said.height, said.received_at
            FROM ${saidAtPoints(
              `received_at, ${whole('height')} AS height`,
              'block.import',
              'ORDER BY created_at DESC LIMIT 1',
            )}) AS imported
   WHERE height IS NOT NULL),
newest AS (
  SELECT key, chain, lower, height, min(received_at) AS received_at
    FROM block
    JOIN (SELECT key, lower, ${median('height')} AS height FROM block GROUP BY 1, 2) AS usual USING (key, lower, height)
   GROUP BY 1, 2, 3, 4)
SELECT lower AS "time", chain AS metric,
       (extract(epoch FROM received_at - lag(received_at) OVER earlier)
         / nullif(greatest(height - lag(height) OVER earlier, 0), 0))::float8 AS value
  FROM newest
WINDOW earlier AS (PARTITION BY key ORDER BY lower)
 ORDER BY 1, 2`;

/** From beginnings and ends of connections alone; of each point its end. */
export const CONNECTED_NODES = `
WITH ${LARGEST_CHAINS},
${POINTS},
change AS (
  SELECT key, label, greatest(created_at, $__timeFrom()) AS at, 1 AS step
    FROM ${OF_LARGEST}
   WHERE created_at <= $__timeTo() AND (ended_at IS NULL OR ended_at > $__timeFrom())
  UNION ALL
  SELECT key, label, ended_at, -1
    FROM ${OF_LARGEST}
   WHERE ended_at > $__timeFrom() AND ended_at <= $__timeTo()
  UNION ALL
  SELECT key, label, lower, 0
    FROM largest
   CROSS JOIN point)
SELECT "time", label AS metric, value
  FROM (SELECT ${pointOf('at')} AS "time", key, label,
               (sum(sum(step)) OVER (PARTITION BY key ORDER BY ${pointOf('at')}))::float8 AS value
          FROM change
         GROUP BY 1, 2, 3) AS counted
 ORDER BY 1, 2`;

/** Why connections ended, at the points when they did. */
export const ENDED_CONNECTIONS = `
SELECT ${pointOf('ended_at')} AS "time", coalesce(end_reason, 'unknown') AS metric, count(*) AS value
  FROM peer_connections
 WHERE ${OF_CHAINS} AND ended_at > $__timeFrom() AND ended_at <= $__timeTo()
 GROUP BY 1, 2
 ORDER BY 1, 2`;
