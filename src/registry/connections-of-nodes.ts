import { BRIEF_NODE_KEPT_MS, BRIEF_NODE_MS, chainKeySql, sqlInterval } from '../storage/index.js';

/** Connections that ended since the last pass, and those of earlier times, that one pass reads at most. */
export const MAX_ENDED = 20_000;
export const MAX_WALKED = 5_000;

/** Names of a chain that are kept, and characters of each. */
export const MAX_NAMES = 16;
const MAX_NAME_LENGTH = 512;
const MAX_KEY_BYTES = 2_600;

/** What the registry learns of a node from some of its connections. Times are as text, to the microsecond. */
export interface SeenNode {
  chain_key: string;
  peer_id: string;
  /** The newest that it said of itself. */
  name: string | null;
  /** The newest that was said of its chain by all of these nodes, and when one of them was heard last. */
  chain: string | null;
  chain_seen_at: string;
  /** All that it said of its chain, at most {@link MAX_NAMES}. */
  chains: string[] | null;
  collector: number;
  first_seen_at: string;
  last_seen_at: string;
  /** Seconds in which one of these connections was open, up to the new watermark; and those after the old one. */
  heard: number;
  newly_heard: number;
  /** It would not be removed at once. */
  lasting: boolean;
}

const COLUMNS = `peer_id, name, chain, ${chainKeySql()} AS chain_key, collector, first_message_at, last_message_at, ended_at`;

const WINDOW = '$1::timestamptz, $2::timestamptz';

/**
 * The nodes of the connections that are open, of those that ended after `$1` up to `$3`, and of the earlier ones of
 * the peers after `$4` up to `$5` (without a bound where it is NULL). They were heard up to `$2`, and up to `$1` all
 * was counted before.
 *
 * A connection that is open was heard for as long as its server process is known to live.
 */
export const SEEN_NODES = `
  WITH taken AS (
    SELECT ${COLUMNS} FROM peer_connections WHERE ended_at IS NULL
    UNION ALL
    SELECT ${COLUMNS} FROM peer_connections WHERE ended_at > $1::timestamptz AND ended_at <= $3::timestamptz
    UNION ALL
    (SELECT ${COLUMNS} FROM peer_connections
      WHERE peer_id > $4::text AND ($5::text IS NULL OR peer_id <= $5) AND ended_at <= $1::timestamptz
      ORDER BY peer_id, created_at LIMIT ${MAX_WALKED.toString()})
  ), bounded AS (
    SELECT taken.*, least(coalesce(taken.ended_at, collectors.last_seen_at, $2::timestamptz), $2) AS heard_until
      FROM taken LEFT JOIN collectors ON collectors.number = taken.collector
     -- What is longer fits into no index; no node that was heard by this server has such a key.
     WHERE taken.peer_id IS NOT NULL AND octet_length(taken.chain_key) <= ${MAX_KEY_BYTES.toString()}
  ), grouped AS (
    SELECT chain_key, peer_id,
           (array_agg(name ORDER BY last_message_at DESC) FILTER (WHERE name IS NOT NULL))[1] AS name,
           (array_agg(chain ORDER BY last_message_at DESC) FILTER (WHERE chain IS NOT NULL))[1] AS chain,
           (array_agg(DISTINCT left(chain, ${MAX_NAME_LENGTH.toString()}))
              FILTER (WHERE chain IS NOT NULL))[1:${MAX_NAMES.toString()}] AS chains,
           (array_agg(collector ORDER BY last_message_at DESC))[1] AS collector,
           least(min(first_message_at), now()) AS first_seen_at,
           least(max(last_message_at), now()) AS last_seen_at,
           coalesce(range_agg(tstzrange(least(first_message_at, heard_until), heard_until)), '{}') AS times
      FROM bounded GROUP BY chain_key, peer_id
  ), counted AS (
    SELECT grouped.*, ${secondsOf('times')} AS heard, ${secondsOf(`times * tstzmultirange(tstzrange(${WINDOW}))`)} AS newly_heard
      FROM grouped
  )
  SELECT chain_key, peer_id, name, chains, collector,
         left(first_value(chain) OVER (PARTITION BY chain_key ORDER BY chain IS NULL, last_seen_at DESC, peer_id),
              ${MAX_NAME_LENGTH.toString()}) AS chain,
         (max(last_seen_at) OVER (PARTITION BY chain_key))::text AS chain_seen_at,
         first_seen_at::text, last_seen_at::text, heard, newly_heard,
         heard >= ${(BRIEF_NODE_MS / 1000).toString()}
           OR last_seen_at >= now() - ${sqlInterval(BRIEF_NODE_KEPT_MS)} AS lasting
    FROM counted`;

function secondsOf(multirange: string): string {
  return `(SELECT coalesce(sum(extract(epoch FROM upper(part) - lower(part))), 0)::float8
             FROM unnest(${multirange}) AS part)`;
}
