import { CHAIN, NUMBERED, peerIdOf } from '../../delivery/fleet/numbered-message.js';
import type { FeedClient, FeedRow } from '../../support/feed-client.js';
import { waitUntil } from '../../support/wait-until.js';
import { Follower } from './follower.js';
import { twiceIn } from './passing-roles.js';
import { FOLLOWED, type Seat } from './seat.js';

const LAST_MS = 15_000;

/** A message of a numbered node that is stored. */
export interface StoredNumber {
  node: number;
  number: number;
  /** Milliseconds since the epoch. */
  at: number;
}

/** Somebody who stays from the beginning to the end. */
export interface Steady {
  follower: Follower;
  /** Waits for what it has to get, and gives what is wrong: lines. */
  check: (stored: readonly StoredNumber[]) => Promise<string[]>;
}

/**
 * Follows a node, and is to get each of its messages once.
 *
 * @param lastMs for the last that was stored to come: milliseconds
 */
export async function followNode({ ws, index, nodes, opened }: Seat, lastMs = LAST_MS): Promise<Steady> {
  const node = index % Math.min(nodes, FOLLOWED);
  const follower = await Follower.ofMessages(ws);
  opened();
  const since = Date.now();
  follower.client.subscribe(peerIdOf(node), NUMBERED, { start_time: new Date(since).toISOString() });
  return {
    follower,
    check: async (stored) => {
      const due = stored.filter((message) => message.node === node && message.at > since);
      const missing = (): number[] => {
        const got = new Set(rowsOf(follower.client, node).map(({ number }) => number));
        return due.map(({ number }) => number).filter((number) => !got.has(number));
      };
      await settles(() => missing().length === 0, lastMs);
      return [
        ...(due.length === 0 ? [`node ${node} has sent nothing`] : []),
        ...missing().map((number) => `never got ${number} of node ${node}`),
        ...twiceIn(follower.client, node).map((number) => `got ${number} of node ${node} twice`),
      ];
    },
  };
}

/** Follows the mean of what a node sends, in intervals. */
export async function followMean({ ws, index, nodes, opened }: Seat): Promise<Steady> {
  const follower = await Follower.ofMessages(ws);
  opened();
  follower.client.subscribe(peerIdOf(index % Math.min(nodes, FOLLOWED)), NUMBERED, {
    start_time: new Date().toISOString(),
    aggregate_type: 'mean',
    aggregate_interval: 5,
    aggregate_key: 'number',
  });
  return { follower, check: () => somethingCame(follower) };
}

/** Follows what all nodes say first. */
export async function followArrivals({ ws, opened }: Seat): Promise<Steady> {
  const follower = await Follower.ofMessages(ws);
  opened();
  follower.client.subscribe('*', 'system.connected', { start_time: new Date().toISOString() });
  return { follower, check: () => somethingCame(follower) };
}

/**
 * Follows which nodes there are, and is to have none left when all have gone.
 *
 * @param lastMs for the last to go: milliseconds
 */
export async function followNetwork({ ws, opened }: Seat, lastMs = LAST_MS): Promise<Steady> {
  const follower = await Follower.ofNetwork(ws);
  opened();
  const { client } = follower;
  client.subscribe(CHAIN, { fields: ['name', 'version'] });
  let most = 0;
  client.socket.on('message', () => (most = Math.max(most, client.nodes.size)));
  return {
    follower,
    check: async () => {
      await settles(() => client.nodes.size === 0, lastMs);
      return [
        ...(most === 0 ? ['has never seen a node'] : []),
        ...(client.nodes.size > 0 ? [`still sees ${client.nodes.size} nodes that are gone`] : []),
      ];
    },
  };
}

async function somethingCame({ client }: Follower<FeedClient>): Promise<string[]> {
  await settles(() => client.frames.length > 0, LAST_MS);
  return client.frames.length > 0 ? [] : ['got nothing'];
}

function rowsOf(client: FeedClient, node: number): FeedRow[] {
  return client.rowsOf(peerIdOf(node), NUMBERED);
}

/** Waits for something for as long as it may take. Whether it has come is looked at then. */
async function settles(condition: () => boolean, timeoutMs: number): Promise<void> {
  await waitUntil(condition, { what: 'the feed', timeoutMs, everyMs: 20 }).catch(() => undefined);
}
