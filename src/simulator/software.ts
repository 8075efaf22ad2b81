import type { PeerIdForm } from './identifiers.js';

/** How a build of the node software speaks. Each one stands for builds that are, or were, in use. */
export interface Software {
  readonly implementation: string;
  /** Versions that nodes of this kind run; one is picked. */
  readonly versions: readonly string[];
  readonly envelope: 'flat' | 'nested';
  readonly frames: 'binary' | 'text';
  /** Nodes that share one socket. */
  readonly nodesPerSocket: 1 | 2;
  readonly peerIds: PeerIdForm;
  /** `joint`: one `system.interval` with everything; `split`: two, on the chain and on the network. */
  readonly intervals: 'joint' | 'split';
  /** Where `system.network_state` has the reputations; newer builds do not send it. */
  readonly reputations: 'nodes' | 'sets' | 'none';
  /** `spans`: with span ids, and `time` as a number; `bare`: without ids, and `time` as a string. */
  readonly traces: 'spans' | 'bare';
  /** What `system.connected` says beyond the first builds: the genesis hash; the target and the machine too. */
  readonly details: 'none' | 'genesis' | 'machine';
  /** Bounds of the time that a client waits before it dials again, in milliseconds. */
  readonly redialMs: readonly [number, number];
}

const TETCORE: Software = {
  implementation: 'Tetcore Node',
  versions: ['2.1.2-6cd1f08-x86_64-linux-gnu', '2.1.1-a0c4f9b-x86_64-linux-gnu'],
  envelope: 'nested',
  frames: 'binary',
  nodesPerSocket: 1,
  peerIds: 'key',
  intervals: 'split',
  reputations: 'sets',
  traces: 'spans',
  details: 'genesis',
  redialMs: [5_000, 10_000],
};

const EARLY_POLKADOT: Software = {
  ...TETCORE,
  implementation: 'Parity Polkadot',
  versions: ['0.8.22-c6ee867-x86_64-linux-gnu', '0.8.19-3a189f5d-x86_64-linux-gnu'],
  envelope: 'flat',
  intervals: 'joint',
  reputations: 'nodes',
  details: 'none',
};

const COLLATOR: Software = {
  ...TETCORE,
  implementation: 'Polkadot parachain',
  versions: ['1.18.1-d2ba5677c54', '1.17.2-85e3b3b2e1c'],
  nodesPerSocket: 2,
  reputations: 'none',
  details: 'machine',
  redialMs: [10_000, 20_000],
};

const EARLY_SUBSTRATE: Software = {
  ...EARLY_POLKADOT,
  implementation: 'Substrate Node',
  versions: ['2.0.0-x86_64-linux-gnu'],
  frames: 'text',
  peerIds: 'hash',
  traces: 'bare',
};

const SUBSTRATE_3: Software = {
  ...TETCORE,
  implementation: 'Substrate Node',
  versions: ['3.0.0-5c1bbd5-x86_64-linux-gnu'],
};

const KINDS: readonly Software[] = [TETCORE, EARLY_POLKADOT, COLLATOR, EARLY_SUBSTRATE, SUBSTRATE_3];

/** What the host of an index runs: in turn, so that a few hosts already show every way of speaking. */
export function softwareOf(host: number): Software {
  return KINDS[host % KINDS.length] ?? TETCORE;
}
