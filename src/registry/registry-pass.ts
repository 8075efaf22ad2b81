import type { ClientBase } from 'pg';
import { AdvisoryLock, COLLECTOR_DEAD_AFTER_MS, sqlInterval } from '../storage/index.js';
import { MAX_ENDED, MAX_WALKED, SEEN_NODES, type SeenNode, writeNodes } from './seen-nodes.js';

/** Nodes per FETCH and per write. */
const FETCH_ROWS = 1_000;

export interface RegistryPass {
  /** The number of nodes whose connections were read. */
  nodes: number;
  /** Whether more connections have ended than one pass reads, so that the next one should follow at once. */
  behind: boolean;
}

interface Watermark {
  seen_until: string;
  walked_to: string;
  /** The new watermark. Later connections may still be updated by a live server process. */
  until: string;
}

/**
 * Updates `chains` and `nodes`, in the transaction that moves the watermark: idempotent, also with several replicas.
 *
 * @param client in a new transaction (read committed), which the caller ends
 * @param signal aborts the pass between two statements
 * @returns null if another replica is running one; then nothing was done
 */
export async function registryPass(client: ClientBase, signal?: AbortSignal): Promise<RegistryPass | null> {
  if (!(await tryLock(client))) return null;
  const mark = await watermark(client);
  const lastEnd = await endOfEnded(client, mark.seen_until);
  const walk = await nextWalk(client, mark.walked_to);
  const { until, behind } = await boundOf(client, mark, lastEnd);
  await client.query(`DECLARE seen_nodes NO SCROLL CURSOR FOR ${SEEN_NODES}`, [
    mark.seen_until,
    until,
    lastEnd ?? 'infinity',
    mark.walked_to,
    walk.to,
  ]);
  let count = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { rows: nodes } = await client.query<SeenNode>(`FETCH ${FETCH_ROWS.toString()} FROM seen_nodes`);
    if (nodes.length > 0) await writeNodes(client, nodes);
    count += nodes.length;
    if (nodes.length < FETCH_ROWS) break;
  }
  await client.query('CLOSE seen_nodes');
  await client.query('UPDATE node_registry SET seen_until = $1, walked_to = $2, passed_at = now()', [
    until,
    walk.to ?? '',
  ]);
  return { nodes: count, behind };
}

/**
 * Runs passes until all connections are read, each in a transaction of its own. A pass of a replica is left to it.
 *
 * @param client without an open transaction
 */
export async function registerAllNodes(client: ClientBase): Promise<void> {
  for (let behind = true; behind;) {
    await client.query('BEGIN');
    const pass = await registryPass(client);
    await client.query('COMMIT');
    behind = pass?.behind === true;
  }
}

async function tryLock(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS locked', [
    AdvisoryLock.Registry,
  ]);
  return rows[0]?.locked === true;
}

/** It never decreases, even if the database's clock does. */
async function watermark(client: ClientBase): Promise<Watermark> {
  await client.query(
    "INSERT INTO node_registry (seen_until, walked_to) VALUES ('-infinity', '') ON CONFLICT DO NOTHING",
  );
  const { rows } = await client.query<Watermark>(
    `SELECT seen_until::text, walked_to,
            greatest(seen_until, now() - ${sqlInterval(COLLECTOR_DEAD_AFTER_MS)})::text AS until
       FROM node_registry`,
  );
  const [mark] = rows;
  if (mark === undefined) throw new Error('The table node_registry has no row.');
  return mark;
}

/** The end of the last connection that a pass may read; null if it may read all. */
async function endOfEnded(client: ClientBase, seenUntil: string): Promise<string | null> {
  const { rows } = await client.query<{ ended_at: string }>(
    `SELECT ended_at::text FROM peer_connections WHERE ended_at > $1::timestamptz
      ORDER BY peer_connections.ended_at OFFSET ${(MAX_ENDED - 1).toString()} LIMIT 2`,
    [seenUntil],
  );
  return rows.length === 2 ? (rows[0]?.ended_at ?? null) : null;
}

/** The new watermark: all connections that ended before are read. */
async function boundOf(
  client: ClientBase,
  { until }: Watermark,
  lastEnd: string | null,
): Promise<{ until: string; behind: boolean }> {
  if (lastEnd === null) return { until, behind: false };
  const { rows } = await client.query<{ until: string; behind: boolean }>(
    'SELECT least($1::timestamptz, $2::timestamptz)::text AS until, $2::timestamptz < $1 AS behind',
    [until, lastEnd],
  );
  return rows[0] ?? { until, behind: false };
}

/**
 * Each pass also reads the connections of some peers again, in a cycle through all of them, to find late ones: from a
 * journal, or from an import.
 *
 * @returns the last peer of this pass; null at the end of the cycle. If a peer has more connections than a pass reads,
 *   the oldest are read.
 */
async function nextWalk(client: ClientBase, after: string): Promise<{ to: string | null }> {
  const { rows } = await client.query<{ peer_id: string }>(
    `SELECT peer_id FROM peer_connections WHERE peer_id > $1 ORDER BY peer_id, created_at LIMIT ${MAX_WALKED.toString()}`,
    [after],
  );
  const last = rows.at(-1)?.peer_id;
  if (last === undefined || rows.length < MAX_WALKED) return { to: null };
  // Without the last peer, which may have more connections.
  return { to: rows.findLast(({ peer_id }) => peer_id !== last)?.peer_id ?? last };
}
