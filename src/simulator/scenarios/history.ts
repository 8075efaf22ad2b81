import type { ScenarioFile } from './scenario.js';

/** A built-in scenario with every kind of event that `--truth` writes. docs/simulator.md has its times. */
export const HISTORY = {
  description: '200 nodes on two chains, and in six hours most of what can go wrong',
  nodes: 200,
  audit: 0,
  chains: [
    {
      name: 'Simnet',
      startHeight: 1_853_200,
      weight: 4,
      skippedSlots: 0.03,
      authors: 0.4,
      halts: [{ afterMinutes: 210, forMinutes: 5 }],
      forks: { chance: 0.02, blocks: [1, 4] },
      finality: {
        votes: 0,
        stalls: [
          { afterMinutes: 150, forMinutes: 20 },
          { afterMinutes: 300, forMinutes: 6 },
        ],
      },
    },
    {
      name: 'Simnet Assets',
      consensus: 'aura',
      slotSeconds: 12,
      startHeight: 402_500,
      skippedSlots: 0.01,
      forks: { chance: 0.01 },
      finality: { votes: 0 },
    },
  ],
  software: { polkadot: 7, tetcore: 2, collator: 1 },
  verbosity: { '0': 4, '1': 1 },
  latency: [
    { weight: 6, medianMs: 180, spread: 0.3 },
    { weight: 3, medianMs: 500, spread: 0.4 },
    { weight: 1, medianMs: 1_500, spread: 0.5 },
  ],
  imports: { reported: 'best', synced: 0.1 },
  reports: { intervalSeconds: 15, transactionsSeconds: 30, networkStateSeconds: 3_600 },
  stuck: { share: 0.04, everyMinutes: 120, minutes: [3, 12] },
  trailing: { share: 0.04, everyMinutes: 120, minutes: [10, 30] },
  reconnecting: { share: 0.1, everyMinutes: 90, awaySeconds: [10, 300], restarts: 0 },
  restarting: { share: 0.08, everyMinutes: 120, downSeconds: [10, 120] },
  crashLoops: { share: 0.02, everyMinutes: 120 },
  rollouts: [
    {
      version: '1.19.0-4f2e9a7c31b',
      software: 'polkadot',
      afterMinutes: 60,
      overMinutes: 180,
      share: 0.85,
    },
  ],
  slowHardware: { share: 0.06, speed: [0.2, 0.45] },
  clocks: {
    usualMs: 20,
    skewed: { share: 0.1, ms: [50, 450] },
    steps: [
      { afterMinutes: 120, share: 0.02, ms: 1_500 },
      { afterMinutes: 240, share: 0.02, ms: -700 },
    ],
  },
  wrongClocks: { share: 0.02, seconds: [1, 10] },
  outages: [
    { afterMinutes: 100, forMinutes: 3 },
    { afterMinutes: 270, forMinutes: 8 },
  ],
} as const satisfies ScenarioFile;
