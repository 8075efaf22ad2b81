import { HISTORY } from './history.js';
import type { ScenarioFile } from './scenario.js';

const SIMNET = {
  name: 'Simnet',
  startHeight: 1_853_200,
} as const;

/** The built-in scenarios by name. Omitted fields have the defaults of `readScenario`. */
export const BUILT_IN = {
  small: {
    description: '20 nodes of five kinds of software on two chains, all at verbosity 9',
    nodes: 20,
    chains: [
      SIMNET,
      // Only collators have it, beside the node of the first chain on the same socket.
      { name: 'Simnet Parachain', slotSeconds: 12, startHeight: 420_300, weight: 0 },
    ],
    software: { tetcore: 1, 'polkadot-0.8': 1, collator: 1, 'substrate-2': 1, 'substrate-3': 1 },
    lagging: { atStart: 0.3 },
  },

  mainnet: {
    description: 'three realistic chains: 500 nodes, mostly at low verbosity, some of them with problems',
    nodes: 500,
    audit: 0.05,
    chains: [
      {
        name: 'Simnet',
        startHeight: 21_400_000,
        weight: 6,
        forks: { chance: 0.02 },
        failedBlocks: 0.001,
        authors: 0.3,
        authoritySet: { active: 0.8, everyMinutes: 240 },
        finality: { votes: 4 },
        transactions: { perSecond: 9, perBlock: 70, burstChance: 0.002, burst: 3_000 },
      },
      {
        name: 'Simnet Canary',
        startHeight: 23_700_000,
        weight: 3,
        forks: { chance: 0.04, blocks: [1, 2] },
        authoritySet: { active: 0.8, everyMinutes: 60 },
        finality: { stalls: [{ afterMinutes: 90, forMinutes: 20, everyHours: 30 }] },
      },
      { name: 'Simnet Assets', consensus: 'aura', slotSeconds: 12, startHeight: 6_800_000, weight: 1 },
    ],
    software: {
      polkadot: 70,
      collator: 10,
      tetcore: 6,
      'substrate-3': 6,
      'polkadot-0.8': 4,
      'substrate-2': 2,
      'substrate-1': 1,
      'substrate-1-joint': 1,
    },
    verbosity: { '0': 80, '1': 17, '5': 2, '9': 1 },
    latency: [
      { weight: 6, medianMs: 180, spread: 0.4 },
      { weight: 3, medianMs: 550, spread: 0.5 },
      { weight: 1, medianMs: 1_900, spread: 0.7 },
    ],
    peers: { known: 1_254, connected: [30, 50], notConnected: [60, 140] },
    traces: { blocks: 0.2, calls: [3, 12] },
    sharedSockets: { share: 0.02, nodes: [2, 6] },
    lagging: { atStart: 0.03, share: 0.05, everyMinutes: 180, blocks: [10, 300] },
    reconnecting: { share: 0.1, everyMinutes: 90, awaySeconds: [5, 300] },
    wrongClocks: { share: 0.02 },
    duplicates: 0.01,
  },

  forks: {
    description: 'forks at many heights, with branches of up to four blocks, and reorganisations',
    nodes: 30,
    chains: [
      { ...SIMNET, forks: { chance: 0.25, blocks: [1, 4] }, finality: { blocks: [2, 4] }, authors: 0.5 },
    ],
    software: { tetcore: 2, polkadot: 2, 'polkadot-0.8': 1 },
    verbosity: { '1': 1 },
    latency: [
      { weight: 3, medianMs: 250, spread: 0.6 },
      { weight: 1, medianMs: 2_000, spread: 0.6 },
    ],
  },

  'finality-stall': {
    description: 'finality stalls for 20 minutes after 5 minutes, and again every 2 hours',
    nodes: 30,
    chains: [
      {
        ...SIMNET,
        authors: 0.6,
        finality: {
          votes: 6,
          stalls: [{ afterMinutes: 5, forMinutes: 20, everyHours: 2 }],
          catchUpBlocks: 8,
        },
      },
    ],
    software: { tetcore: 1, polkadot: 1, 'substrate-3': 1, 'polkadot-0.8': 1 },
    verbosity: { '1': 3, '5': 1 },
  },

  traces: {
    description: 'every node traces every block, with many calls and events, at verbosity 9',
    nodes: 10,
    chains: [SIMNET],
    software: { tetcore: 3, 'substrate-3': 1, 'substrate-2': 1 },
    traces: { calls: [40, 160], events: 0.3 },
  },

  troubled: {
    description:
      'nodes that reconnect, restart, fall behind, have wrong clocks, share sockets or connect twice',
    nodes: 40,
    chains: [{ ...SIMNET, authors: 0.6, failedBlocks: 0.2, authoritySet: { active: 0.5, everyMinutes: 3 } }],
    software: { tetcore: 4, polkadot: 3, 'substrate-2': 1, 'substrate-1': 1, 'substrate-1-string': 1 },
    verbosity: { '0': 1, '1': 1, '5': 1, '9': 1 },
    sharedSockets: { share: 0.3, nodes: [2, 4] },
    lagging: { atStart: 0.3, share: 0.3, everyMinutes: 5, blocks: [5, 60] },
    reconnecting: { share: 0.5, everyMinutes: 2, awaySeconds: [1, 40], restarts: 0.4 },
    wrongClocks: { share: 0.3 },
    duplicates: 0.15,
  },

  'changing-identities': {
    description: 'nodes that change their ids or identities on an open socket',
    nodes: 30,
    chains: [{ ...SIMNET, authors: 0.5 }],
    software: { polkadot: 3, tetcore: 2, 'substrate-2': 1 },
    verbosity: { '0': 1, '1': 1 },
    sharedSockets: { share: 0.2, nodes: [2, 4] },
    changingIds: { share: 0.3, everySeconds: 5 },
    changingIdentity: { share: 0.3, everyMinutes: 1 },
  },

  'old-versions': {
    description: 'builds from before 2021: flat envelope, text frames, all formats of the network state',
    nodes: 12,
    chains: [
      { ...SIMNET, startHeight: 1_200 },
      { name: 'Simnet Aura', consensus: 'aura', startHeight: 300 },
    ],
    software: {
      'substrate-1': 1,
      'substrate-1-joint': 1,
      'substrate-1-string': 1,
      'substrate-2': 1,
      'polkadot-0.8': 1,
    },
  },

  reputations: {
    description: 'large network states with more than 1,000 peers each, in both formats',
    nodes: 10,
    chains: [SIMNET],
    software: { tetcore: 1, 'substrate-3': 1, 'polkadot-0.8': 1, 'substrate-2': 1 },
    verbosity: { '0': 1 },
    peers: { known: 1_254, connected: [30, 50], notConnected: [100, 150], banned: 0.03 },
  },

  load: {
    description: '2,000 nodes that send small messages, for load tests',
    nodes: 2_000,
    audit: 0,
    chains: [SIMNET],
    software: { polkadot: 1 },
    verbosity: { '1': 1 },
    latency: [{ medianMs: 300, spread: 0.5 }],
    lagging: { atStart: 0.02 },
  },

  outages: {
    description: 'the collector is down for 2 minutes after 3 minutes, and for 15 minutes every 8 hours',
    nodes: 20,
    chains: [SIMNET],
    software: { polkadot: 3, tetcore: 1, 'substrate-2': 1 },
    verbosity: { '0': 3, '1': 1 },
    reports: { intervalSeconds: 15, transactionsSeconds: 60, networkStateSeconds: 600 },
    reconnecting: { share: 0.2, everyMinutes: 120, awaySeconds: [60, 900] },
    outages: [
      { afterMinutes: 3, forMinutes: 2 },
      { afterMinutes: 60, forMinutes: 15, everyHours: 8 },
    ],
  },

  history: HISTORY,

  months: {
    description: 'a small network with months of events in few messages, for --days',
    nodes: 12,
    chains: [
      {
        ...SIMNET,
        forks: { chance: 0.02, blocks: [1, 2] },
        authors: 0.4,
        authoritySet: { active: 0.7, everyMinutes: 1_440 },
        finality: {
          votes: 0,
          stalls: [
            { afterMinutes: 9_000, forMinutes: 55, everyHours: 310 },
            { afterMinutes: 30_000, forMinutes: 400, everyHours: 0 },
          ],
        },
        transactions: { perSecond: 5, perBlock: 60, burstChance: 0.0005, burst: 2_000 },
      },
    ],
    software: { polkadot: 3, tetcore: 2, 'substrate-3': 1 },
    verbosity: { '0': 3, '1': 1 },
    reports: { intervalSeconds: 60, transactionsSeconds: 60, networkStateSeconds: 3_600 },
    lagging: { share: 0.2, everyMinutes: 5_000, blocks: [20, 600] },
    reconnecting: { share: 0.5, everyMinutes: 2_000, awaySeconds: [10, 7_200], restarts: 0.5 },
    wrongClocks: { share: 0.05, seconds: [2, 600] },
  },

  identities: {
    description:
      'chains of the same name, copied peer ids, missing genesis hashes, double sockets, false heights',
    nodes: 40,
    chains: [
      SIMNET,
      { name: 'Development', startHeight: 5_000 },
      { name: 'Development', salt: 'another', startHeight: 9_000 },
    ],
    software: { polkadot: 3, tetcore: 1 },
    verbosity: { '0': 1 },
    urlsGivenTwice: 0.1,
    copiedKeys: 0.1,
    withoutGenesis: 0.1,
    falseHeights: 0.05,
  },
} as const satisfies Record<string, ScenarioFile>;

export type BuiltInName = keyof typeof BUILT_IN;
