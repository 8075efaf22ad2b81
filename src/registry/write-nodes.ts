import type { ClientBase } from 'pg';
import { sqlInterval } from '../storage/index.js';
import { MAX_NAMES, type SeenNode } from './connections-of-nodes.js';

/**
 * By how much `chains.last_seen_at` may be behind: it tells which chains went days ago, and a row of a chain is not
 * written with each pass because of it.
 */
export const CHAIN_SEEN_WITHIN_MS = 300_000;

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
 * Rows are updated first, and those that were not there are inserted: INSERT … ON CONFLICT draws an id for every row
 * that is there, and would use up the integers within months. Nothing else inserts: who writes has the lock of the
 * registry. No statement joins `nodes` other than by both columns of its key: a table that has just grown has no
 * statistics, and a join by the chain alone would read all of its nodes for each.
 */

/** Those that are there, and whether what was seen is worth a new version of the row. */
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

/** Those that are there, and whether what was seen is news: most of what a round finds is known. */
const FIND_NODES = `
  SELECT nodes.chain_id, nodes.peer_id,
         seen.newly_heard > 0 OR seen.last_seen_at > nodes.last_seen_at OR seen.first_seen_at < nodes.first_seen_at
           OR (nodes.name IS NULL AND seen.name IS NOT NULL) AS changed
    FROM ${NODES} JOIN nodes ON ${SAME_NODE}`;

const UPDATE_NODES = `
  UPDATE nodes SET ${newest('nodes', 'name')}, ${newest('nodes', 'last_collector', 'collector')}, ${times('nodes')},
         heard = nodes.heard + make_interval(secs => seen.newly_heard)
    FROM ${NODES} WHERE ${SAME_NODE}`;

/** Nothing was counted of a node that was not there: all that is known of it is. */
const INSERT_NODES = `
  INSERT INTO nodes (chain_id, peer_id, name, first_seen_at, last_seen_at, heard, last_collector)
  SELECT chain_id, peer_id, name, first_seen_at, last_seen_at, make_interval(secs => heard), collector FROM ${NODES}
   ORDER BY first_seen_at`;

/**
 * Writes what was seen of some nodes, and of their chains.
 *
 * @param client in a transaction that has the lock of the registry
 */
export async function writeNodes(client: ClientBase, nodes: readonly SeenNode[]): Promise<void> {
  const ids = await writeChains(client, chainsOf(nodes));
  // A chain that is not there has no node to update, and none that is worth a row.
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

/** @returns ids by key; of chains that are not there only those with a lasting node get one */
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
