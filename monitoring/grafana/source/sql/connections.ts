// Directly, since the index of that module brings the whole of it, and this file is for tools.
import {
  aliveBetween,
  chainKeySql,
  NEWEST_MESSAGE,
  OLDEST_MESSAGE,
  type NamedMessageType,
  typeSql,
} from '../../../../src/storage/schema/index.js';

/*
 * Pieces of SQL that every question begins with. Which messages there are is told by `peer_connections` first; then
 * the index on (peer_connection_id, created_at, type), or that of rare types, is asked for each connection. A type is a
 * number there, which is written with its name beside it. Grafana puts the range of time in as literals, so that partitions are left out when a question is planned.
 */

/** What was chosen of a variable, which may be nothing at all: then no row is meant. */
export const among = (column: string, variable: string): string =>
  `${column} = ANY (ARRAY[\${${variable}:sqlstring}]::text[])`;

/** A number that was chosen. It comes out of the address of the page, where anything may stand. */
export const amountOf = (variable: string): string => `\${${variable}:sqlstring}::int`;

/** A connection may have messages of the range of time, by the clock of its node or by ours. */
export const ALIVE = aliveBetween('$__timeFrom()::timestamptz', '$__timeTo()');

/** What identifies the chain of a connection. */
export const KEY = chainKeySql();

/** A connection is of the chains that were chosen. */
export const OF_CHAINS = among(KEY, 'chain');

/** A node of a chain, by its connection: those from before peer ids have none. */
export const NODE = 'coalesce(peer_id, id::text)';

/**
 * The order in which nodes are drawn. It cannot be foreseen by a node that chooses its peer id, since the id of a
 * server is in it, which is told to no node. It is the same for as long as that server is known.
 */
export const LOT = `md5(${NODE} || coalesce((SELECT id::text FROM collectors ORDER BY started_at, id LIMIT 1), ''))`;

/** There is a line for each of so many chains. */
const MOST_CHAINS = 10;

/** The genesis hash in a key; null where the chain goes by its name. */
export const hashOf = (key: string): string => `CASE WHEN ${key} NOT LIKE 'name:%' THEN ${key} END`;

/**
 * Chains with nodes in the range of time, each with its `nodes` and a `label`: the name that most connections say,
 * with `0x` and the first eight digits of the hash where several of them have that name.
 */
export const LABELLED_CHAINS = `
  SELECT key, nodes,
         CASE WHEN name IS NULL THEN short
              WHEN count(*) OVER (PARTITION BY name) > 1 THEN name || ' (' || coalesce(short, 'no hash') || ')'
              ELSE name END AS label
    FROM (SELECT ${KEY} AS key, mode() WITHIN GROUP (ORDER BY chain) AS name, left(max(genesis_hash), 10) AS short,
                 count(DISTINCT ${NODE}) AS nodes
            FROM peer_connections
           WHERE ${KEY} IS NOT NULL AND ${ALIVE}
           GROUP BY 1) AS chain_with_nodes`;

/** CTE `largest`: of the chains that were chosen those with the most nodes, as `key` and `label`. */
export const LARGEST_CHAINS = `largest AS MATERIALIZED (
  SELECT key, label FROM (${LABELLED_CHAINS}) AS labelled
   WHERE ${among('key', 'chain')}
   ORDER BY nodes DESC, key LIMIT ${MOST_CHAINS})`;

/** Connections of these chains, in FROM. */
export const OF_LARGEST = `peer_connections JOIN largest ON largest.key = ${KEY}`;

const SPAN = `${OLDEST_MESSAGE} AS lower, ${NEWEST_MESSAGE} AS upper`;

/**
 * CTEs `largest` and `connection`: the connections of the nodes that are looked at, `$nodes` of each chain. They are
 * drawn by {@link LOT}.
 */
export const SAMPLED_CONNECTIONS = `${LARGEST_CHAINS},
connection AS MATERIALIZED (
  SELECT id, key, label AS chain, ${SPAN}
    FROM (SELECT peer_connections.*, key, label, dense_rank() OVER (PARTITION BY key ORDER BY ${LOT}) AS place
            FROM ${OF_LARGEST}
           WHERE ${ALIVE}) AS drawn
   WHERE place <= ${amountOf('nodes')})`;

const CHOSEN_NODES = 'ARRAY[${node:sqlstring}]::text[]';

/** What a node is chosen by: its peer id, which has no space, and what identifies its chain. */
export const CHOSEN_NODE = `peer_id || ' ' || ${KEY}`;

/** CTE `connection`: those of the node that was chosen, by the index on (peer_id, created_at). */
export const CONNECTIONS_OF_NODE = `connection AS MATERIALIZED (
  SELECT id, ${SPAN}
    FROM peer_connections
   WHERE peer_id = ANY (ARRAY(SELECT split_part(node, ' ', 1) FROM unnest(${CHOSEN_NODES}) AS node))
     AND ${CHOSEN_NODE} = ANY (${CHOSEN_NODES}) AND ${ALIVE})`;

/** Seconds between two points. */
const STEP = '($__interval_ms / 1000.0)';

/** The beginning of the point that a time belongs to. */
export const pointOf = (time: string): string =>
  `to_timestamp(floor(extract(epoch FROM ${time}) / ${STEP}) * ${STEP})`;

/** CTE `point`: the times that are drawn, as the beginnings and ends of intervals. */
export const POINTS = `point AS (
  SELECT lower, lower + make_interval(secs => ${STEP}) AS upper
    FROM generate_series(${pointOf('$__timeFrom()::timestamptz')}, $__timeTo()::timestamptz,
                         make_interval(secs => ${STEP})) AS lower)`;

/**
 * Rows of `point` and `connection`, each with messages of one type of that interval as `said`.
 *
 * @param columns of `tetcore_logs`
 * @param messages which of them, and how many at most: `LIMIT 1` costs one step of the index
 */
export const saidAtPoints = (columns: string, msg: NamedMessageType, messages: string): string => `point
    JOIN connection ON connection.lower < point.upper AND connection.upper >= point.lower
   CROSS JOIN LATERAL (
          SELECT ${columns} FROM tetcore_logs
           WHERE peer_connection_id = connection.id AND type = ${typeSql(msg)}
             AND $__timeFilter(created_at) AND created_at >= point.lower AND created_at < point.upper
           ${messages}) AS said`;

/** A field that is a whole number, or digits in a string; null where it is neither. */
export const whole = (field: string, logs = 'logs'): string =>
  `CASE WHEN ${logs}->>'${field}' ~ '^[0-9]{1,18}$' THEN (${logs}->>'${field}')::bigint END`;

/**
 * A number as `numeric` that can be drawn: null where it does not fit into a double, of which nothing but an error
 * would come. It has six decimal places, for the same reason: 1e-400 is none either.
 */
export const drawable = (number: string): string =>
  `CASE WHEN ${number} BETWEEN -1e300 AND 1e300 THEN round(${number}, 6) END`;

/** A field that is a number which can be drawn; null where it is none. */
export const numeric = (field: string): string =>
  `CASE jsonb_typeof(logs->'${field}') WHEN 'number' THEN ${drawable(`(logs->'${field}')::numeric`)} END`;

/** What half of the nodes are at or beyond. A single one, whatever it says, moves it by one place. */
export const median = (value: string): string => `percentile_disc(0.5) WITHIN GROUP (ORDER BY ${value})`;
