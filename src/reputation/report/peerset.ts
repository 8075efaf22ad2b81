/*
 * What a network state says of peers, as SQL. What is malformed in it is left out: no message may make a question
 * fail.
 */

/** Only in very old nodes the state is called `network_state`. The message is decompressed once. */
export const PEERSET = `coalesce(logs #> '{state,peerset}', logs #> '{network_state,peerset}')`;

/**
 * The objects that have an entry for each peer, as rows of `nodes`: one of Substrate 2.0, one a set of Substrate 3.0
 * and Tetcore 2.1. From a column `peerset`.
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
 * Rows of `key`, `reputation` (numeric) and `connected`, null where they are malformed.
 *
 * @param entries rows of `key` and `entry`
 */
export function saidOf(entries: string): string {
  return `
  SELECT key, CASE jsonb_typeof(reputation) WHEN 'number' THEN reputation::numeric END AS reputation,
         CASE jsonb_typeof(connected) WHEN 'boolean' THEN connected::boolean END AS connected
    -- A field is looked up once.
    FROM (SELECT key, entry->'reputation' AS reputation, entry->'connected' AS connected
            FROM ${entries} OFFSET 0) AS fields
  OFFSET 0`;
}

/** The reputation of a peer in all sets, with every digit; null where none is a whole number. */
export const LOWEST_REPUTATION = 'min(reputation) FILTER (WHERE scale(reputation) = 0)';

export const ANY_CONNECTED = 'bool_or(connected)';
