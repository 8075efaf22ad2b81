import type { Block, Chain } from '../chain.js';
import type { BlockOrigin } from '../messages/chain-messages.js';
import type { SimulatedNode } from '../nodes/simulated-node.js';

/** Why a slot has no block: no author, an author that fails, or a chain that makes no blocks. */
export type MissCause = 'skipped' | 'failed' | 'halt';
/** Why a process ended, and the next one began. */
export type RestartCause = 'restart' | 'crash';
/** Why the connection of a node ended. */
export type LinkEnd = 'restart' | 'link_lost' | 'collector' | 'identity';

/** How a fork was decided. */
export interface DecidedFork {
  /** The blocks of the branch that lost, and of the other one up to the same height, by height. */
  readonly losers: readonly Block[];
  readonly winners: readonly Block[];
  /** The time of the first two rivals. */
  readonly began: number;
}

/**
 * Is told what really happens in a simulated network, by the code that lets it happen. Calls are in the order of `at`:
 * true time, milliseconds since the epoch. Every method is optional.
 *
 * What lasts has two calls, where it begins and where it ends; what is still going on has no end.
 */
export interface WorldObserver {
  chain?(chain: Chain, at: number): void;

  /** Finality stops, or nodes make no blocks. Episodes of a chain do not overlap. */
  episodeBegan?(kind: 'stall' | 'halt', chain: Chain, at: number): void;
  episodeEnded?(kind: 'stall' | 'halt', chain: Chain, at: number): void;

  outageBegan?(at: number): void;
  outageEnded?(at: number): void;

  /** @param at the start of its slot, when its author begins */
  block?(chain: Chain, block: Block, author: SimulatedNode | undefined, at: number): void;
  slotMissed?(chain: Chain, slot: number, cause: MissCause, at: number): void;
  forkDecided?(chain: Chain, fork: DecidedFork, at: number): void;

  /** A node has started for the first time. */
  node?(node: SimulatedNode, at: number): void;
  /** A node is about to become another one, and has become it. */
  identityLeft?(node: SimulatedNode, at: number): void;
  identityTaken?(node: SimulatedNode, at: number): void;
  /** @param began before the simulation for the first process of a node */
  processBegan?(node: SimulatedNode, cause: 'start' | RestartCause, began: number): void;
  processEnded?(node: SimulatedNode, cause: RestartCause, at: number): void;
  versionChanged?(node: SimulatedNode, from: string, at: number): void;
  clockStepped?(node: SimulatedNode, at: number): void;
  /** A node has measured its machine, where `node` has not told it. */
  benchmarked?(node: SimulatedNode, at: number): void;
  linkBegan?(node: SimulatedNode, at: number): void;
  linkEnded?(node: SimulatedNode, cause: LinkEnd, at: number): void;

  /** @param reported whether the node sends a message about it, over an open connection */
  arrival?(
    node: SimulatedNode,
    block: Block,
    arrived: { origin: BlockOrigin; becameBest: boolean; reported: boolean },
    at: number,
  ): void;
  finalized?(node: SimulatedNode, block: Block, reported: boolean, at: number): void;
  /** No more blocks come to a node. */
  stuckBegan?(node: SimulatedNode, at: number): void;
  stuckEnded?(node: SimulatedNode, at: number): void;
  /** A node is behind its chain, while blocks come to it. */
  lagBegan?(node: SimulatedNode, blocks: number, at: number): void;
  lagEnded?(node: SimulatedNode, at: number): void;
}

/** Ignores everything. */
export const UNOBSERVED: WorldObserver = {};
