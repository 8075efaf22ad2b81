import { integer, list, number, object, oneOf, optional, range, required, text } from './scenario-fields.js';

export const share = number(0, 1);
export const minutes = number(0, 10_000_000);
/** An episode: start, duration, and interval of repetition; 0: once. */
export const episode = object({
  afterMinutes: required(minutes),
  forMinutes: required(minutes),
  everyHours: optional(number(0, 100_000), 0),
});

/** A chain of a scenario. */
export const chain = object({
  name: required(text(100)),
  /** Makes its genesis hash another one than that of a chain with the same name. */
  salt: optional(text(100), ''),
  consensus: optional(oneOf('babe', 'aura'), 'babe'),
  /** How many sockets it has, against the other chains; 0: only nodes that share the socket of another chain's. */
  weight: optional(number(0, 1_000_000), 1),
  slotSeconds: optional(number(0.1, 3_600), 6),
  startHeight: optional(integer(0, 1_000_000_000), 1_000_000),
  /** The share of slots without a block, and of blocks that their author fails to import. */
  skippedSlots: optional(share, 0.05),
  failedBlocks: optional(share, 0),
  /** When nodes make no blocks at all. */
  halts: optional(list(episode, 0, 100), []),
  /** The share of nodes that may make blocks. */
  authors: optional(share, 0.25),
  forks: optional(
    object({
      /** The chance, with each block, that there is a rival at its height. */
      chance: optional(share, 0),
      /** How many blocks both branches get until one of them wins. */
      blocks: optional(range(integer(1, 50)), [1, 1]),
    }),
    {},
  ),
  finality: optional(
    object({
      /** How far below a new block the final one is, and how long after it. */
      blocks: optional(range(integer(1, 1_000)), [2, 3]),
      seconds: optional(range(number(0, 600)), [1, 2.5]),
      stalls: optional(list(episode, 0, 100), []),
      /** How many blocks at most are finalised at once, after a stall. */
      catchUpBlocks: optional(integer(1, 1_000_000), 64),
      /** How many votes of each kind a node hears in a round. */
      votes: optional(integer(0, 1_000), 2),
    }),
    {},
  ),
  authoritySet: optional(
    object({
      /** The share of the nodes that may make blocks which do so at a time. */
      active: optional(share, 1),
      /** 0: it never changes. */
      everyMinutes: optional(minutes, 0),
    }),
    {},
  ),
  transactions: optional(
    object({
      perSecond: optional(number(0, 10_000), 4),
      perBlock: optional(integer(0, 100_000), 40),
      burstChance: optional(share, 0),
      burst: optional(integer(0, 100_000), 0),
    }),
    {},
  ),
});
