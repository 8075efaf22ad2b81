import type { TraceForm } from '../messages/trace-messages.js';
import type { PeerIdForm } from '../random/random.js';

/** Message formats of a build of the node software. Each stands for builds that are or were in use. */
export interface Software {
  readonly implementation: string;
  /** Versions of this build; one is chosen at random. */
  readonly versions: readonly string[];
  readonly envelope: 'flat' | 'nested';
  /** Whether messages have the fields of slog. */
  readonly slog: boolean;
  readonly frames: 'binary' | 'text';
  /** Number of nodes per socket. */
  readonly nodesPerSocket: 1 | 2;
  readonly peerIds: PeerIdForm;
  /** `joint`: one `system.interval` with everything; `split`: two, on the chain and on the network. */
  readonly intervals: 'joint' | 'split';
  /** Format of reputations in the network state; newer builds do not send them. */
  readonly reputations: 'nodes' | 'sets' | 'none';
  /**
   * Location of the network state: the field `state` or `network_state` of `system.network_state`, or `network_state` of
   * `system.interval`, as an object or as a string.
   */
  readonly networkState: 'state' | 'network_state' | 'interval' | 'interval string';
  readonly traces: TraceForm;
  /** Additional fields of `system.connected`: the genesis hash, or the genesis hash, target and hardware. */
  readonly details: 'none' | 'genesis' | 'machine';
  /** Minimum and maximum delay before a reconnect: milliseconds. */
  readonly redialMs: readonly [number, number];
}

const TETCORE: Software = {
  implementation: 'Tetcore Node',
  versions: ['2.1.2-6cd1f08-x86_64-linux-gnu', '2.1.1-a0c4f9b-x86_64-linux-gnu'],
  envelope: 'nested',
  slog: false,
  frames: 'binary',
  nodesPerSocket: 1,
  peerIds: 'key',
  intervals: 'split',
  reputations: 'sets',
  networkState: 'state',
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

const POLKADOT: Software = {
  ...TETCORE,
  implementation: 'Parity Polkadot',
  versions: ['1.18.1-d2ba5677c54', '1.17.2-85e3b3b2e1c', '1.16.0-1ed6e2e50a4'],
  reputations: 'none',
  details: 'machine',
  redialMs: [10_000, 20_000],
};

const COLLATOR: Software = {
  ...POLKADOT,
  implementation: 'Polkadot parachain',
  versions: ['1.18.1-d2ba5677c54', '1.17.2-85e3b3b2e1c'],
  nodesPerSocket: 2,
};

const SUBSTRATE_2: Software = {
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

const SUBSTRATE_1: Software = {
  ...SUBSTRATE_2,
  versions: ['1.0.0-6ee39e5-x86_64-linux-gnu'],
  slog: true,
  networkState: 'network_state',
};

/** Software by its name in scenarios. */
export const SOFTWARE = {
  tetcore: TETCORE,
  'polkadot-0.8': EARLY_POLKADOT,
  collator: COLLATOR,
  'substrate-2': SUBSTRATE_2,
  'substrate-3': SUBSTRATE_3,
  polkadot: POLKADOT,
  'substrate-1': SUBSTRATE_1,
  'substrate-1-joint': {
    ...SUBSTRATE_1,
    versions: ['1.0.1-9b2b7de-x86_64-linux-gnu'],
    networkState: 'interval',
  },
  'substrate-1-string': {
    ...SUBSTRATE_1,
    versions: ['1.0.2-21ca2a3-x86_64-linux-gnu'],
    networkState: 'interval string',
  },
} as const satisfies Record<string, Software>;

type SoftwareName = keyof typeof SOFTWARE;

export const SOFTWARE_NAMES = Object.keys(SOFTWARE) as SoftwareName[];
