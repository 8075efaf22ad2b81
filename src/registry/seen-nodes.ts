import type { ClientBase } from 'pg';
import { BRIEF_NODE_KEPT_MS, BRIEF_NODE_MS, chainKeySql, sqlInterval } from '../storage/index.js';

/** The maximum of connections per pass: those that ended since the last one, and earlier ones. */
export const MAX_ENDED = 20_000;
export const MAX_WALKED = 5_000;

/** Stored names of a chain, and characters of each. */
const MAX_NAMES = 16;
const MAX_NAME_LENGTH = 512;
const MAX_KEY_BYTES = 2_600;

/** A node, by some of its connections. Times are text, with microseconds. */
export interface SeenNode {
  chain_key: string;
  peer_id: string;
  /** The latest that it reported. */
  name: string | null;
  /** The latest name of its chain by all nodes of the pass, and the last message of one of them. */
  chain: string | null;
  chain_seen_at: string;
  /** All names of its chain that it reported, at most {@link MAX_NAMES}. */
  chains: string[] | null;
  collector: number;
  first_seen_at: string;
  last_seen_at: string;
  /** Seconds in which it was connected, up to the new watermark; and the part of it after the old watermark. */
  heard: number;
  newly_heard: number;
  /** Whether the purge would not remove it at once. */
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
     -- A longer key does not fit into an index. Nodes of this server do not have one.
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

/**
 * `chains.last_seen_at` may lag by this much, so that the row of a chain is not written in every pass.
 */
const CHAIN_SEEN_WITHIN_MS = 300_000;

interface SeenChain {
  key: string;
  name: string | null;
  names: string[];
  first_seen_at: string;
  last_seen_at: string;
  lasting: boolean;
}

interface WrittenChain {
  id: number;
  key: string;
  changed?: boolean;
}

const CHAINS = `json_to_recordset($1::json) AS seen
  (key text, name text, names text[], first_seen_at timestamptz, last_seen_at timestamptz)`;

const NODES = `json_to_recordset($1::json) AS seen
  (chain_id integer, peer_id text, name text, collector integer, first_seen_at timestamptz, last_seen_at timestamptz,
   heard float8, newly_heard float8)`;

const newest = (table: string, column: string, seen = column): string =>
  `${column} = CASE WHEN seen.last_seen_at >= ${table}.last_seen_at THEN coalesce(seen.${seen}, ${table}.${column})
                    ELSE coalesce(${table}.${column}, seen.${seen}) END`;

const times = (table: string): string =>
  `first_seen_at = least(${table}.first_seen_at, seen.first_seen_at),
   last_seen_at = greatest(${table}.last_seen_at, seen.last_seen_at)`;

/*
 * Rows are updated first, and missing ones inserted: INSERT … ON CONFLICT would take an id of the sequence for every
 * existing row, and use up the integers within months. The advisory lock excludes other writers. Every join of `nodes`
 * uses both columns of its key: a table that has just grown has no statistics, and a join by the chain alone would read
 * all nodes of the chain for each node.
 */

/** Existing chains, and whether their row has to be updated. */
const FIND_CHAINS = `
  SELECT chains.id, chains.key,
         seen.first_seen_at < chains.first_seen_at
           OR seen.last_seen_at > chains.last_seen_at + ${sqlInterval(CHAIN_SEEN_WITHIN_MS)}
           OR (seen.name <> chains.name AND seen.last_seen_at >= chains.last_seen_at)
           OR (seen.name IS NOT NULL AND chains.name IS NULL)
           OR (cardinality(chains.names) < ${MAX_NAMES.toString()} AND NOT seen.names <@ chains.names) AS changed
    FROM ${CHAINS} JOIN chains ON chains.key = seen.key`;

const UPDATE_CHAINS = `
  UPDATE chains SET ${newest('chains', 'name')}, ${times('chains')},
         names = (chains.names || ARRAY(SELECT name FROM unnest(seen.names) AS name WHERE name <> ALL (chains.names)))
                 [1:${MAX_NAMES.toString()}]
    FROM ${CHAINS} WHERE chains.key = seen.key`;

const INSERT_CHAINS = `
  INSERT INTO chains (key, name, names, first_seen_at, last_seen_at)
  SELECT key, name, names, first_seen_at, last_seen_at FROM ${CHAINS}
   ORDER BY first_seen_at RETURNING id, key`;

const SAME_NODE = 'nodes.chain_id = seen.chain_id AND nodes.peer_id = seen.peer_id';

/** Existing nodes, and whether their row has to be updated. Most need not. */
const FIND_NODES = `
  SELECT nodes.chain_id, nodes.peer_id,
         seen.newly_heard > 0 OR seen.last_seen_at > nodes.last_seen_at OR seen.first_seen_at < nodes.first_seen_at
           OR (nodes.name IS NULL AND seen.name IS NOT NULL) AS changed
    FROM ${NODES} JOIN nodes ON ${SAME_NODE}`;

const UPDATE_NODES = `
  UPDATE nodes SET ${newest('nodes', 'name')}, ${newest('nodes', 'last_collector', 'collector')}, ${times('nodes')},
         heard = nodes.heard + make_interval(secs => seen.newly_heard)
    FROM ${NODES} WHERE ${SAME_NODE}`;

/** Of a new node the complete time is counted, not only that after the watermark. */
const INSERT_NODES = `
  INSERT INTO nodes (chain_id, peer_id, name, first_seen_at, last_seen_at, heard, last_collector)
  SELECT chain_id, peer_id, name, first_seen_at, last_seen_at, make_interval(secs => heard), collector FROM ${NODES}
   ORDER BY first_seen_at`;

/**
 * Writes nodes and their chains.
 *
 * @param client in a transaction that holds AdvisoryLock.Registry
 */
export async function writeNodes(client: ClientBase, nodes: readonly SeenNode[]): Promise<void> {
  const ids = await writeChains(client, chainsOf(nodes));
  // A chain without a row has no nodes to update, and none to insert.
  const seen = nodes.flatMap((node) => {
    const chain_id = ids.get(node.chain_key);
    return chain_id === undefined ? [] : [{ ...node, chain_id }];
  });
  const { rows } = await client.query<{ chain_id: number; peer_id: string; changed: boolean }>(FIND_NODES, [
    JSON.stringify(seen),
  ]);
  const known = new Map(rows.map((node) => [keyOf(node), node.changed]));
  const changed = seen.filter((node) => known.get(keyOf(node)) === true);
  if (changed.length > 0) await client.query(UPDATE_NODES, [JSON.stringify(changed)]);
  const added = seen.filter((node) => node.lasting && !known.has(keyOf(node)));
  if (added.length > 0) await client.query(INSERT_NODES, [JSON.stringify(added)]);
}

const keyOf = (node: { chain_id: number; peer_id: string }): string =>
  `${node.chain_id.toString()} ${node.peer_id}`;

/** @returns ids by key. A new chain gets a row only if it has a lasting node. */
async function writeChains(client: ClientBase, chains: readonly SeenChain[]): Promise<Map<string, number>> {
  const run = async (sql: string, seen: readonly SeenChain[]): Promise<WrittenChain[]> =>
    seen.length === 0 ? [] : (await client.query<WrittenChain>(sql, [JSON.stringify(seen)])).rows;
  const known = new Map((await run(FIND_CHAINS, chains)).map((chain) => [chain.key, chain]));
  await run(
    UPDATE_CHAINS,
    chains.filter(({ key }) => known.get(key)?.changed),
  );
  const added = await run(
    INSERT_CHAINS,
    chains.filter(({ key, lasting }) => lasting && !known.has(key)),
  );
  return new Map([...known.values(), ...added].map(({ id, key }) => [key, id]));
}

function chainsOf(nodes: readonly SeenNode[]): SeenChain[] {
  const chains = new Map<string, SeenChain>();
  for (const node of nodes) {
    const { chain_key: key, chain: name, chain_seen_at: last_seen_at, chains: names } = node;
    const { first_seen_at, lasting } = node;
    const known = chains.get(key);
    if (known === undefined) {
      chains.set(key, { key, name, names: [...(names ?? [])], first_seen_at, last_seen_at, lasting });
      continue;
    }
    known.lasting ||= lasting;
    for (const name of names ?? []) {
      if (known.names.length < MAX_NAMES && !known.names.includes(name)) known.names.push(name);
    }
    if (first_seen_at < known.first_seen_at) known.first_seen_at = first_seen_at;
  }
  return [...chains.values()];
}
