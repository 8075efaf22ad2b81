/*
 * The peers in a `system.network_state`, as SQL. Malformed values are omitted: no message may make a query fail.
 */

/** Very old nodes call the state `network_state`. Decompresses the message once. */
export const PEERSET = `coalesce(logs #> '{state,peerset}', logs #> '{network_state,peerset}')`;

/**
 * The objects with an entry for each peer, as rows of `nodes`: one in Substrate 2.0, one per set in Substrate 3.0 and
 * Tetcore 2.1. Reads the column `peerset`.
 */
export const NODE_SETS = `
  SELECT nodes
    FROM (SELECT peerset->'nodes' AS nodes
          UNION ALL
          SELECT peer_set->'nodes'
            FROM jsonb_array_elements(CASE jsonb_typeof(peerset->'sets') WHEN 'array' THEN peerset->'sets' END)
                   AS peer_set) AS found
   WHERE jsonb_typeof(nodes) = 'object'`;

/**
 * Rows of `key`, `reputation` (numeric) and `connected`, null if they are malformed.
 *
 * @param entries rows of `key` and `entry`
 */
export function reportedValues(entries: string): string {
  return `
  SELECT key, CASE jsonb_typeof(reputation) WHEN 'number' THEN reputation::numeric END AS reputation,
         CASE jsonb_typeof(connected) WHEN 'boolean' THEN connected::boolean END AS connected
    -- Each field is looked up once.
    FROM (SELECT key, entry->'reputation' AS reputation, entry->'connected' AS connected
            FROM ${entries} OFFSET 0) AS fields
  OFFSET 0`;
}

/** The lowest reputation of a peer in all sets, with every digit; null if none is an integer. */
export const LOWEST_REPUTATION = 'min(reputation) FILTER (WHERE scale(reputation) = 0)';

export const ANY_CONNECTED = 'bool_or(connected)';

/** The peers of a message with their reputations, as rows of `key`, `reputation` and `connected`. Reads `peerset`. */
export const reportedPeers = `
  SELECT key, ${LOWEST_REPUTATION} AS reputation, ${ANY_CONNECTED} AS connected
    FROM (${reportedValues(`(${NODE_SETS}) AS node_set CROSS JOIN LATERAL jsonb_each(nodes) AS one (key, entry)`)}) AS reported
   GROUP BY key HAVING ${LOWEST_REPUTATION} IS NOT NULL AND ${ANY_CONNECTED} IS NOT NULL`;

const lists = (peers: string, reputations: string, connections: string): string =>
  `'"remote_peer":' || ${peers} || ',"reputation":' || ${reputations} || ',"connected":' || ${connections}`;

/** From rows of `key`, `reputation` and `connected`. */
const LISTS = lists(
  "coalesce(array_to_json(array_agg(key))::text, '[]')",
  "'[' || coalesce(string_agg(reputation::text, ','), '') || ']'",
  "'[' || coalesce(string_agg(connected::text, ','), '') || ']'",
);

const MERGED_SETS = `
  SELECT ${LISTS}
    FROM (SELECT key, ${LOWEST_REPUTATION} AS reputation, ${ANY_CONNECTED} AS connected
            FROM (${reportedValues(`unnest(sets) AS node_set (nodes)
                            CROSS JOIN LATERAL jsonb_each(nodes) AS one (key, entry)`)}) AS reported
           GROUP BY key) AS merged
   WHERE reputation IS NOT NULL AND connected IS NOT NULL`;

/**
 * All peers of a single set, in half the time, since entries are not processed one by one. Null if an entry is
 * malformed: a strict path stops at a missing field, and other values than integers and booleans are found in the
 * text.
 */
const WHOLE_SET = `
  SELECT CASE WHEN reputation_count = cardinality(peers) AND reputations ~ '^\\[[-0-9, ]*\\]$'
               AND connection_count = cardinality(peers) AND connections ~ '^\\[[truefals, ]*\\]$'
              THEN ${lists('array_to_json(peers)::text', 'reputations', 'connections')} END
    FROM (SELECT peers, jsonb_array_length(reputations) AS reputation_count, reputations::text AS reputations,
                 jsonb_array_length(connections) AS connection_count, connections::text AS connections
            FROM (SELECT ARRAY(SELECT jsonb_object_keys(sets[1])) AS peers,
                         jsonb_path_query_array(sets[1], 'strict $.*.reputation', '{}', true) AS reputations,
                         jsonb_path_query_array(sets[1], 'strict $.*.connected', '{}', true) AS connections
                  OFFSET 0) AS fields
          OFFSET 0) AS texts`;

/**
 * The list fields of ReportedReputations, as JSON text without braces: an SQL expression of the decompressed column
 * `peerset`, and of `is_new`: null if that is false.
 */
export const REPUTATION_LISTS = `(
    SELECT coalesce(CASE WHEN cardinality(sets) = 1 THEN (${WHOLE_SET}) END, (${MERGED_SETS}))
      FROM (SELECT array_agg(nodes) AS sets FROM (${NODE_SETS}) AS node_set) AS found
     WHERE is_new)`;
