import type { Random } from '../../../src/simulator/random/random.js';

export interface Pace {
  /** How long a visitor stays: milliseconds, at least and at most. */
  visitMs: readonly [number, number];
  /** How long a slow reader reads nothing. */
  pauseMs: readonly [number, number];
}

/** One of the places in an audience, of one subscriber after the other. */
export interface Seat {
  index: number;
  /** The server's address, without a path. */
  ws: string;
  /** How many nodes there are. */
  nodes: number;
  random: Random;
  pace: Pace;
  /** Says that the run is over. */
  signal: AbortSignal;
  /** Counts a socket. */
  opened: () => void;
  /** Counts a slow reader that the server gave up, as it may. */
  dropped: () => void;
  /** Takes what was wrong. */
  fail: (what: string) => void;
}

/**
 * Of so many nodes, the first ones, the messages are followed. The cache of the feed holds an hour of each node that
 * is followed, which is more than a run lasts: with many of them it would grow from the beginning to the end.
 */
export const FOLLOWED = 8;

export function drawMs(random: Random, [least, most]: readonly [number, number]): number {
  return least + random.fraction() * (most - least);
}
