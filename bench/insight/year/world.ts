import { hashOf, peerId, Random } from '../../../src/simulator/random/random.js';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** The retention that the settings give by default. */
export const DETAIL_DAYS = 30;
export const BLOCK_DAYS = 400;

export const SLOT_MS = 6_000;
export const CHAIN = { id: 1, name: 'Bench', key: hashOf('bench', 'year') };
export const FIRST_HEIGHT = 20_000_000;

/** What is generated: one chain, and its nodes. */
export interface World {
  nodes: number;
  /** Whole minutes: milliseconds since the epoch. */
  from: number;
  to: number;
  seed: number;
}

/** Arrivals and hours of nodes are stored from then on. */
export function detailFrom({ from, to }: World): number {
  return Math.max(from, Math.floor((to - DETAIL_DAYS * DAY_MS) / HOUR_MS) * HOUR_MS);
}

/** The peer id of each node, by `nodes.id - 1`. */
export function peerIds({ nodes, seed }: World): string[] {
  return Array.from({ length: nodes }, (_, node) => peerId(new Random(seed, 'node', node), 'key'));
}

export const iso = (ms: number): string => new Date(ms).toISOString();

/**
 * A fraction that depends only on an integer expression and a number of its use, as SQL: so that neither the order of
 * rows nor the plan changes the data. Needs `bench_seed` as a setting.
 */
export const fraction = (integer: string, use: number): string =>
  `((hashint8extended((${integer})::bigint, current_setting('bench.seed')::bigint * 1000 + ${use.toString()}) & 1048575)::float8 / 1048576)`;
