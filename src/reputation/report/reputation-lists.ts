import { ANY_CONNECTED, LOWEST_REPUTATION, NODE_SETS, saidOf } from './peerset.js';

/**
 * The fields of ReportedReputations that are lists, as a JSON text without braces: an SQL expression of a column
 * `peerset`, which must be decompressed.
 *
 * @param keep which peers: a condition on the column `key`; all of them where it is left out
 */
export function reputationLists(keep?: string): string {
  const single = keep === undefined ? WHOLE_SET : partOfSet(keep);
  return `(
    SELECT coalesce(CASE WHEN cardinality(sets) = 1 THEN (${single}) END, (${mergedSets(keep)}))
      FROM (SELECT array_agg(nodes) AS sets FROM (${NODE_SETS}) AS node_set) AS found)`;
}

const lists = (peers: string, reputations: string, connections: string): string =>
  `'"remote_peer":' || ${peers} || ',"reputation":' || ${reputations} || ',"connected":' || ${connections}`;

/** From rows of `key`, `reputation` and `connected`. */
const LISTS = lists(
  "coalesce(array_to_json(array_agg(key))::text, '[]')",
  "'[' || coalesce(string_agg(reputation::text, ','), '') || ']'",
  "'[' || coalesce(string_agg(connected::text, ','), '') || ']'",
);

const mergedSets = (keep = 'true'): string => `
  SELECT ${LISTS}
    FROM (SELECT key, ${LOWEST_REPUTATION} AS reputation, ${ANY_CONNECTED} AS connected
            FROM (${saidOf(`unnest(sets) AS node_set (nodes)
                            CROSS JOIN LATERAL jsonb_each(nodes) AS one (key, entry) WHERE ${keep}`)}) AS said
           GROUP BY key) AS merged
   WHERE reputation IS NOT NULL AND connected IS NOT NULL`;

const partOfSet = (keep: string): string => `
  SELECT ${LISTS} FROM (${saidOf(`jsonb_each(sets[1]) AS one (key, entry) WHERE ${keep}`)}) AS said
   WHERE scale(reputation) = 0 AND connected IS NOT NULL`;

/**
 * All of a single set, in half of the time, since nothing looks at an entry by itself. Null where an entry is
 * malformed: a strict path stops where the field is missing, and what is no whole number or no boolean shows in the
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
