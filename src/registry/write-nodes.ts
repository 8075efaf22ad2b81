import type { ClientBase } from 'pg';
import { MAX_NAMES, type SeenNode } from './connections-of-nodes.js';

interface SeenChain {
  key: string;
  name: string | null;
  names: string[];
  first_seen_at: string;
  last_seen_at: string;
  lasting: boolean;
}

const CHAINS = `json_to_recordset($1::json) AS seen
  (key text, name text, names text[], first_seen_at timestamptz, last_seen_at timestamptz, lasting boolean)`;

const NODES = `json_to_recordset($1::json) AS seen
  (chain_key text, peer_id text, name text, collector integer, first_seen_at timestamptz, last_seen_at timestamptz,
   heard float8, newly_heard float8, lasting boolean)`;

const newest = (table: string, column: string, seen = column): string =>
  `${column} = CASE WHEN seen.last_seen_at >= ${table}.last_seen_at THEN coalesce(seen.${seen}, ${table}.${column})
                    ELSE coalesce(${table}.${column}, seen.${seen}) END`;

const times = (table: string): string =>
  `first_seen_at = least(${table}.first_seen_at, seen.first_seen_at),
   last_seen_at = greatest(${table}.last_seen_at, seen.last_seen_at)`;

/*
 * Rows are updated first, and inserted where there is none: INSERT … ON CONFLICT draws an id for every row that is
 * there, and would use up the integers within months. Nothing else inserts: who writes has the lock of the registry.
 */

const UPDATE_CHAINS = `
  UPDATE chains SET ${newest('chains', 'name')}, ${times('chains')},
         names = (chains.names || ARRAY(SELECT name FROM unnest(seen.names) AS name WHERE name <> ALL (chains.names)))
                 [1:${MAX_NAMES.toString()}]
    FROM ${CHAINS} WHERE chains.key = seen.key`;

const INSERT_CHAINS = `
  INSERT INTO chains (key, name, names, first_seen_at, last_seen_at)
  SELECT key, name, names[1:${MAX_NAMES.toString()}], first_seen_at, last_seen_at FROM ${CHAINS}
   WHERE lasting AND NOT EXISTS (SELECT FROM chains WHERE chains.key = seen.key)
   ORDER BY first_seen_at`;

const UPDATE_NODES = `
  UPDATE nodes SET ${newest('nodes', 'name')}, ${newest('nodes', 'last_collector', 'collector')}, ${times('nodes')},
         heard = nodes.heard + make_interval(secs => seen.newly_heard)
    FROM ${NODES}, chains
   WHERE chains.key = seen.chain_key AND nodes.chain_id = chains.id AND nodes.peer_id = seen.peer_id`;

/** Nothing was counted of a node that was not there: all that is known of it is. */
const INSERT_NODES = `
  INSERT INTO nodes (chain_id, peer_id, name, first_seen_at, last_seen_at, heard, last_collector)
  SELECT chains.id, seen.peer_id, seen.name, seen.first_seen_at, seen.last_seen_at,
         make_interval(secs => seen.heard), seen.collector
    FROM ${NODES} JOIN chains ON chains.key = seen.chain_key
   WHERE lasting
     AND NOT EXISTS (SELECT FROM nodes WHERE nodes.chain_id = chains.id AND nodes.peer_id = seen.peer_id)
   ORDER BY seen.first_seen_at`;

/**
 * Writes what was seen of some nodes, and of their chains.
 *
 * @param client in a transaction that has the lock of the registry
 */
export async function writeNodes(client: ClientBase, nodes: readonly SeenNode[]): Promise<void> {
  const chains = JSON.stringify(chainsOf(nodes));
  const seen = JSON.stringify(nodes);
  await client.query(UPDATE_CHAINS, [chains]);
  await client.query(INSERT_CHAINS, [chains]);
  await client.query(UPDATE_NODES, [seen]);
  await client.query(INSERT_NODES, [seen]);
}

function chainsOf(nodes: readonly SeenNode[]): SeenChain[] {
  const chains = new Map<string, SeenChain>();
  for (const { chain_key: key, chain, chains: names, first_seen_at, last_seen_at, lasting } of nodes) {
    const known = chains.get(key);
    if (known === undefined) {
      chains.set(key, { key, name: chain, names: [...(names ?? [])], first_seen_at, last_seen_at, lasting });
      continue;
    }
    known.lasting ||= lasting;
    for (const name of names ?? []) {
      if (known.names.length < MAX_NAMES && !known.names.includes(name)) known.names.push(name);
    }
    if (first_seen_at < known.first_seen_at) known.first_seen_at = first_seen_at;
    if (last_seen_at < known.last_seen_at) continue;
    known.last_seen_at = last_seen_at;
    known.name = chain ?? known.name;
  }
  return [...chains.values()];
}
