// Deep import: the index of that module would load the whole module.
import {
  aliveBetween,
  chainKeySql,
  NEWEST_MESSAGE,
  OLDEST_MESSAGE,
  type NamedMessageType,
  typeSql,
} from '../../../../src/storage/schema/index.js';

/*
 * SQL fragments that all queries share. A query selects connections from `peer_connections` first, and then reads
 * messages of each connection by the index on (peer_connection_id, created_at, type), or by the index of rare types.
 * Types are numbers there, written with their name as a comment. Grafana inserts the time range as literals, so that
 * the planner prunes partitions.
 */

/** Whether a column has one of the chosen values of a variable. Matches no row if none is chosen. */
export const inVariable = (column: string, variable: string): string =>
  `${column} = ANY (ARRAY[\${${variable}:sqlstring}]::text[])`;

/** The number in a variable. It comes from the URL of the page, which may contain anything. */
export const numberIn = (variable: string): string => `\${${variable}:sqlstring}::int`;

/** Whether a connection can have messages in the time range, by the clock of its node or of the server. */
export const ALIVE = aliveBetween('$__timeFrom()::timestamptz', '$__timeTo()');

/** What identifies the chain of a connection. */
export const KEY = chainKeySql();

/** Whether a connection is on one of the chosen chains. */
export const OF_CHAINS = inVariable(KEY, 'chain');

/** Identifies a node of a chain by its connection; old builds send no peer id. */
export const NODE = 'coalesce(peer_id, id::text)';

/**
 * The order of the random sample. A node that chooses its peer id cannot predict it, because it depends on the secret
 * id of a server. It stays the same as long as that server has a row.
 */
export const SAMPLE_ORDER = `md5(${NODE} || coalesce((SELECT id::text FROM collectors ORDER BY started_at, id LIMIT 1), ''))`;

/** Charts show a series for each of the largest chains. */
const MAX_CHAINS = 10;

/** The genesis hash in a key; null if the chain is identified by name. */
export const hashOf = (key: string): string => `CASE WHEN ${key} NOT LIKE 'name:%' THEN ${key} END`;

/**
 * Chains with nodes in the time range, each with its number of `nodes` and a `label`: the most frequent name, followed
 * by `0x` and the first eight digits of the hash if several chains have that name.
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

/** CTE `largest`: the chosen chains with the most nodes, as `key` and `label`. */
export const LARGEST_CHAINS = `largest AS MATERIALIZED (
  SELECT key, label FROM (${LABELLED_CHAINS}) AS labelled
   WHERE ${inVariable('key', 'chain')}
   ORDER BY nodes DESC, key LIMIT ${MAX_CHAINS})`;

/** Connections of these chains, for FROM. */
export const OF_LARGEST = `peer_connections JOIN largest ON largest.key = ${KEY}`;

const SPAN = `${OLDEST_MESSAGE} AS lower, ${NEWEST_MESSAGE} AS upper`;

/** CTEs `largest` and `connection`: the connections of `$nodes` nodes of each chain, sampled by {@link SAMPLE_ORDER}. */
export const SAMPLED_CONNECTIONS = `${LARGEST_CHAINS},
connection AS MATERIALIZED (
  SELECT id, key, label AS chain, ${SPAN}
    FROM (SELECT peer_connections.*, key, label, dense_rank() OVER (PARTITION BY key ORDER BY ${SAMPLE_ORDER}) AS place
            FROM ${OF_LARGEST}
           WHERE ${ALIVE}) AS drawn
   WHERE place <= ${numberIn('nodes')})`;

const CHOSEN_NODES = 'ARRAY[${node:sqlstring}]::text[]';

/** The value of the variable `node`: the peer id, which has no space, and the key of the chain. */
export const CHOSEN_NODE = `peer_id || ' ' || ${KEY}`;

/** CTE `connection`: the connections of the chosen node, by the index on (peer_id, created_at). */
export const CONNECTIONS_OF_NODE = `connection AS MATERIALIZED (
  SELECT id, ${SPAN}
    FROM peer_connections
   WHERE peer_id = ANY (ARRAY(SELECT split_part(node, ' ', 1) FROM unnest(${CHOSEN_NODES}) AS node))
     AND ${CHOSEN_NODE} = ANY (${CHOSEN_NODES}) AND ${ALIVE})`;

/** Seconds between two points. */
const STEP = '($__interval_ms / 1000.0)';

/** The start of the interval that a time belongs to. */
export const pointOf = (time: string): string =>
  `to_timestamp(floor(extract(epoch FROM ${time}) / ${STEP}) * ${STEP})`;

/** CTE `point`: the starts and ends of the intervals of a chart. */
export const POINTS = `point AS (
  SELECT lower, lower + make_interval(secs => ${STEP}) AS upper
    FROM generate_series(${pointOf('$__timeFrom()::timestamptz')}, $__timeTo()::timestamptz,
                         make_interval(secs => ${STEP})) AS lower)`;

/**
 * Rows of `point` and `connection`, each with messages of one type in that interval as `message`.
 *
 * @param columns of `tetcore_logs`
 * @param messages conditions, order and limit: `LIMIT 1` costs one index lookup
 */
export const messagesAtPoints = (columns: string, msg: NamedMessageType, messages: string): string => `point
    JOIN connection ON connection.lower < point.upper AND connection.upper >= point.lower
   CROSS JOIN LATERAL (
          SELECT ${columns} FROM tetcore_logs
           WHERE peer_connection_id = connection.id AND type = ${typeSql(msg)}
             AND $__timeFilter(created_at) AND created_at >= point.lower AND created_at < point.upper
           ${messages}) AS message`;

/** An integer field, as a number or as digits in a string; null otherwise. */
export const whole = (field: string, logs = 'logs'): string =>
  `CASE WHEN ${logs}->>'${field}' ~ '^[0-9]{1,18}$' THEN (${logs}->>'${field}')::bigint END`;

/**
 * A `numeric` that can be converted to a double, with six decimal places; null for values that would cause an error,
 * such as 1e400. Rounding does the same for 1e-400.
 */
export const drawable = (number: string): string =>
  `CASE WHEN ${number} BETWEEN -1e300 AND 1e300 THEN round(${number}, 6) END`;

/** A numeric field that can be converted to a double; null otherwise. */
export const numeric = (field: string): string =>
  `CASE jsonb_typeof(logs->'${field}') WHEN 'number' THEN ${drawable(`(logs->'${field}')::numeric`)} END`;

/** The median of the nodes. A single node can shift it by one position at most. */
export const median = (value: string): string => `percentile_disc(0.5) WITHIN GROUP (ORDER BY ${value})`;
