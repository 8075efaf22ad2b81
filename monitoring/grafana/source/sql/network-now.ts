import { typeSql } from '../../../../src/storage/schema/index.js';
import {
  hashOf,
  KEY,
  LARGEST_CHAINS,
  median,
  NODE,
  numeric,
  OF_CHAINS,
  OF_LARGEST,
  SAMPLED_CONNECTIONS,
  whole,
} from './connections.js';

/* The network at the end of the time range. */

const CONNECTED = 'created_at <= $__timeTo() AND (ended_at IS NULL OR ended_at > $__timeTo())';

/** Older reports are ignored. */
const RECENT = "created_at > $__timeTo()::timestamptz - interval '10 min' AND $__timeFilter(created_at)";

/** The newest `system.interval` of a connection with a field. Costs one or two index lookups. */
const newestInterval = (connection: string, field: 'height' | 'peers', columns: string): string => `
          SELECT ${columns} FROM tetcore_logs
           WHERE peer_connection_id = ${connection}.id AND type = ${typeSql('system.interval')} AND logs ? '${field}' AND ${RECENT}
           ORDER BY created_at DESC LIMIT 1`;

/** The same peer id on two chains counts as two nodes. */
const NODE_OF_CHAIN = `(${KEY}, ${NODE})`;

export const NODE_COUNT = `
SELECT count(DISTINCT ${NODE_OF_CHAIN}) AS nodes, count(DISTINCT ${NODE_OF_CHAIN}) FILTER (WHERE authority) AS authorities
  FROM peer_connections
 WHERE ${OF_CHAINS} AND ${CONNECTED}`;

export const CHAINS = `
WITH ${SAMPLED_CONNECTIONS},
counted AS (
  SELECT key, label, count(DISTINCT ${NODE}) AS nodes, count(DISTINCT ${NODE}) FILTER (WHERE authority) AS authorities
    FROM ${OF_LARGEST}
   WHERE ${CONNECTED}
   GROUP BY key, label),
reported AS (
  SELECT connection.key, ${median('best')} AS best, ${median('finalized')} AS finalized,
         ${median('best - finalized')} AS unfinished, avg(peers)::float8 AS peers,
         greatest(max(block.created_at), max(message.created_at)) AS heard
    FROM connection
    LEFT JOIN LATERAL (${newestInterval(
      'connection',
      'height',
      `created_at, ${whole('height')} AS best, ${whole('finalized_height')} AS finalized`,
    )}) AS block ON true
    LEFT JOIN LATERAL (${newestInterval('connection', 'peers', `created_at, ${numeric('peers')} AS peers`)}) AS message ON true
   GROUP BY connection.key)
SELECT label AS "Chain", ${hashOf('key')} AS "Genesis hash", nodes AS "Nodes", authorities AS "Authorities", best AS "Best", finalized AS "Finalized",
       unfinished AS "Unfinalized", peers AS "Peers, mean", heard AS "Last message"
  FROM counted LEFT JOIN reported USING (key)
 ORDER BY nodes DESC, key`;

/** The newest connections that are searched for nodes behind the median of their chain. */
const MAX_CONNECTIONS = 2_000;

export const BEHIND = `
WITH ${LARGEST_CHAINS},
connection AS MATERIALIZED (
  SELECT id, key, label, peer_id, name, implementation, version
    FROM ${OF_LARGEST}
   WHERE ${CONNECTED}
   ORDER BY created_at DESC LIMIT ${MAX_CONNECTIONS}),
with_height AS MATERIALIZED (
  SELECT connection.*, block.best, block.created_at
    FROM connection
   CROSS JOIN LATERAL (${newestInterval('connection', 'height', `created_at, ${whole('height')} AS best`)}) AS block
   WHERE block.best IS NOT NULL),
reported AS (
  SELECT with_height.*, usual - best AS behind
    FROM with_height
    JOIN (SELECT key, ${median('best')} AS usual FROM with_height GROUP BY key) AS of_chain USING (key))
SELECT label AS "Chain", ${hashOf('key')} AS "Genesis hash", name AS "Node", behind AS "Behind", best AS "Best", message.peers AS "Peers",
       implementation || ' ' || version AS "Software", reported.created_at AS "Last message", peer_id AS "Peer id"
  FROM (SELECT * FROM reported ORDER BY behind DESC, key, name LIMIT 20) AS reported
  LEFT JOIN LATERAL (${newestInterval('reported', 'peers', `${numeric('peers')} AS peers`)}) AS message ON true
 ORDER BY behind DESC, key, name`;

export const VERSIONS = `
SELECT coalesce(implementation, '?') || ' ' || coalesce(version, '?') AS "Software", count(DISTINCT ${NODE_OF_CHAIN}) AS "Nodes"
  FROM peer_connections
 WHERE ${OF_CHAINS} AND ${CONNECTED}
 GROUP BY 1
 ORDER BY 2 DESC, 1
 LIMIT 20`;

/** An imported database of 0.1.4 has a row in `collectors`, but is not a server. */
const IS_SERVER = 'id NOT IN (SELECT source FROM imports)';

/** Servers that ran in the time range. A killed server has no stop time; its last heartbeat counts. */
export const COLLECTORS = `
SELECT host AS "Host", version AS "Version", started_at AS "Started", last_seen_at AS "Last seen",
       stopped_at AS "Stopped"
  FROM collectors
 WHERE started_at <= $__timeTo() AND coalesce(stopped_at, last_seen_at) >= $__timeFrom() AND ${IS_SERVER}
 ORDER BY started_at DESC
 LIMIT 100`;

/** Observation gaps of all servers that overlap the time range. */
export const GAPS = `
SELECT began_at AS "From", ended_at AS "To", extract(epoch FROM ended_at - began_at)::float8 AS "Length",
       cause AS "Cause", coalesce(host, collector::text) AS "Server"
  FROM observer_gaps LEFT JOIN collectors ON number = collector
 WHERE began_at <= $__timeTo() AND (ended_at IS NULL OR ended_at >= $__timeFrom())
 ORDER BY began_at DESC, observer_gaps.id
 LIMIT 100`;
