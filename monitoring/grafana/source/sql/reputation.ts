// Deep import: the index of that module would load the whole module.
import {
  ANY_CONNECTED,
  LOWEST_REPUTATION,
  NODE_SETS,
  PEERSET,
  reportedValues,
} from '../../../../src/reputation/report-sql.js';
import { mayHave, typeSql } from '../../../../src/storage/schema/index.js';
import {
  ALIVE,
  numberIn,
  CONNECTIONS_OF_NODE,
  drawable,
  hashOf,
  KEY,
  SAMPLE_ORDER,
  OF_CHAINS,
  POINTS,
  messagesAtPoints,
} from './connections.js';

/*
 * Reputations that nodes report. A network state has an entry for each of about a thousand peers and takes milliseconds
 * to decompress, so few are read: the newest state of `$reporters` nodes, or one state per point of a single node.
 */

const MSG = 'system.network_state';

/** Rows of `key`, `reputation` and `connected` for each peer in a column `peerset`. */
const REPUTATIONS = `
         SELECT key, ${drawable('lowest')} AS reputation, connected
           FROM (SELECT key, ${LOWEST_REPUTATION} AS lowest, ${ANY_CONNECTED} AS connected
                   FROM (${reportedValues(`(${NODE_SETS}) AS node_set CROSS JOIN LATERAL jsonb_each(nodes) AS one (key, entry)`)}) AS message
                  GROUP BY key) AS peer`;

/**
 * CTE `reported`: the latest reputation of each peer at the sampled nodes. The sample is drawn from all reporting
 * nodes before any state is decompressed.
 */
const LATEST_REPUTATIONS = `newest AS MATERIALIZED (
  SELECT chain_key, chain, peer_id, name, created_at, logs
    FROM (SELECT DISTINCT ON (${KEY}, peer_id) ${KEY} AS chain_key, chain, id, peer_id, name, report.created_at, report.logs
            FROM peer_connections
           CROSS JOIN LATERAL (
                  SELECT created_at, logs FROM tetcore_logs
                   WHERE peer_connection_id = peer_connections.id AND type = ${typeSql(MSG)} AND $__timeFilter(created_at)
                   ORDER BY created_at DESC LIMIT 1) AS report
           WHERE ${OF_CHAINS} AND peer_id IS NOT NULL AND ${mayHave(MSG)} AND ${ALIVE}
           ORDER BY ${KEY}, peer_id, report.created_at DESC) AS each
   ORDER BY ${SAMPLE_ORDER} LIMIT ${numberIn('reporters')}),
reported AS MATERIALIZED (
  SELECT chain_key, chain, peer_id AS reporter, name, created_at, key, reputation, connected
    FROM (SELECT chain_key, chain, peer_id, name, created_at, ${PEERSET} AS peerset FROM newest OFFSET 0) AS report
   CROSS JOIN LATERAL (${REPUTATIONS}) AS message
   WHERE reputation IS NOT NULL)`;

export const LOWEST = `
WITH ${LATEST_REPUTATIONS}
SELECT key AS "Peer id", known.name AS "Node", peer.chain AS "Chain", ${hashOf('chain_key')} AS "Genesis hash", reporters AS "Reported by", lowest AS "Lowest",
       mean AS "Mean", below AS "Below 0", connected AS "Connected to"
  FROM (SELECT chain_key, mode() WITHIN GROUP (ORDER BY chain) AS chain, key, count(*) AS reporters, min(reputation)::float8 AS lowest, avg(reputation)::float8 AS mean,
               count(*) FILTER (WHERE reputation < 0) AS below, count(*) FILTER (WHERE connected) AS connected
          FROM reported
         GROUP BY chain_key, key
         ORDER BY min(reputation), avg(reputation), key, chain_key
         LIMIT 50) AS peer
  LEFT JOIN LATERAL (
         SELECT name FROM peer_connections
          WHERE peer_id = peer.key AND ${KEY} = peer.chain_key ORDER BY created_at DESC LIMIT 1) AS known ON true
 ORDER BY lowest, mean, key, chain_key`;

export const REPORTERS = `
WITH ${LATEST_REPUTATIONS}
SELECT name AS "Node", created_at AS "Reported", count(*) AS "Peers", count(*) FILTER (WHERE connected) AS "Connected",
       count(*) FILTER (WHERE reputation < 0) AS "Below 0", min(reputation)::float8 AS "Lowest",
       avg(reputation)::float8 AS "Mean", reporter AS "Peer id"
  FROM reported
 GROUP BY chain_key, reporter, name, created_at
 ORDER BY count(*) FILTER (WHERE reputation < 0) DESC, reporter, chain_key`;

export const REPORT_COUNT = `
WITH ${LATEST_REPUTATIONS}
SELECT count(DISTINCT (chain_key, reporter)) AS "nodes", count(DISTINCT (chain_key, key)) AS "peers",
       count(DISTINCT (chain_key, key)) FILTER (WHERE reputation < 0) AS "peers below 0"
  FROM reported`;

/** CTE `reported`: the reputations that the chosen node reported at each point. */
const REPUTATIONS_OF_NODE = `${CONNECTIONS_OF_NODE},
${POINTS},
reported AS MATERIALIZED (
  SELECT lower, key, reputation, connected
    FROM (SELECT DISTINCT ON (point.lower) point.lower, ${PEERSET} AS peerset
            FROM ${messagesAtPoints('created_at, logs', MSG, 'ORDER BY created_at DESC LIMIT 1')}
           ORDER BY point.lower, message.created_at DESC) AS report
   CROSS JOIN LATERAL (${REPUTATIONS}) AS message
   WHERE reputation IS NOT NULL)`;

export const PEERS_OF_NODE = `
WITH ${REPUTATIONS_OF_NODE}
SELECT lower AS "time", count(*) AS known, count(*) FILTER (WHERE connected) AS connected,
       count(*) FILTER (WHERE reputation < 0) AS "below 0"
  FROM reported
 GROUP BY 1
 ORDER BY 1`;

export const LEVELS_OF_NODE = `
WITH ${REPUTATIONS_OF_NODE}
SELECT lower AS "time", min(reputation)::float8 AS lowest, avg(reputation)::float8 AS mean,
       max(reputation)::float8 AS highest
  FROM reported
 GROUP BY 1
 ORDER BY 1`;

/** Series of the peers with the lowest reputation at any point. */
export const LOWEST_OF_NODE = `
WITH ${REPUTATIONS_OF_NODE},
lowest AS (SELECT key FROM reported GROUP BY key ORDER BY min(reputation), key LIMIT 10)
SELECT lower AS "time", key AS metric, reputation::float8 AS value
  FROM reported JOIN lowest USING (key)
 ORDER BY 1, 2`;
