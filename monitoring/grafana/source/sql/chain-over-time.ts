import {
  LARGEST_CHAINS,
  median,
  numeric,
  OF_CHAINS,
  OF_LARGEST,
  pointOf,
  POINTS,
  SAMPLED_CONNECTIONS,
  messagesAtPoints,
  whole,
} from './connections.js';

/*
 * Series of chains. Each point uses the newest message of each sampled node. A query costs one index lookup for each
 * point and node, regardless of the number of messages.
 */

/** Nodes send two kinds of `system.interval` alternately: one with `height`, one with `peers`. */
const newestInterval = (field: 'height' | 'peers', columns: string): string =>
  messagesAtPoints(columns, 'system.interval', `AND logs ? '${field}' ORDER BY created_at DESC LIMIT 1`);

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

export const BEST_HEIGHTS = ofHeights(median('message.best'));

export const FINALIZED_HEIGHTS = ofHeights(median('message.finalized'));

export const TRANSACTIONS = ofHeights('avg(message.transactions)::float8');

const AT_PEERS = newestInterval(
  'peers',
  `${numeric('peers')} AS peers, ${numeric('bandwidth_upload')} AS upload, ${numeric('bandwidth_download')} AS download`,
);

export const MEAN_PEERS = `
WITH ${SAMPLED_CONNECTIONS},
${POINTS}
SELECT point.lower AS "time", connection.chain AS metric, avg(message.peers)::float8 AS value
  FROM ${AT_PEERS}
 GROUP BY point.lower, connection.key, connection.chain
 ORDER BY 1, 2`;

export const MEAN_BANDWIDTHS = `
WITH ${SAMPLED_CONNECTIONS},
${POINTS}
SELECT lower AS "time", chain || ', ' || direction AS metric, value
  FROM (SELECT point.lower, connection.chain, avg(message.upload)::float8 AS upload, avg(message.download)::float8 AS download
          FROM ${AT_PEERS}
         GROUP BY point.lower, connection.key, connection.chain) AS mean
 CROSS JOIN LATERAL (VALUES ('up', upload), ('down', download)) AS each (direction, value)
 ORDER BY 1, 2`;

/** Computed from the start and end of connections; each point has the value at its end. */
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

/** End reasons of connections. */
export const ENDED_CONNECTIONS = `
SELECT ${pointOf('ended_at')} AS "time", coalesce(end_reason, 'unknown') AS metric, count(*) AS value
  FROM peer_connections
 WHERE ${OF_CHAINS} AND ended_at > $__timeFrom() AND ended_at <= $__timeTo()
 GROUP BY 1, 2
 ORDER BY 1, 2`;
