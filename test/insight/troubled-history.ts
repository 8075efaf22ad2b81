import { loadScenario, type NetworkOptions, readScenario } from '../../src/simulator/index.js';

const MINUTE_MS = 60_000;

/** Two hours in which processes restart and crash, links are lost, versions are rolled out, and the collector is down. */
export function troubledHistory(startAt: number): NetworkOptions {
  return {
    scenario: readScenario({
      ...loadScenario('history'),
      nodes: 24,
      chains: [{ name: 'Simnet', weight: 1, finality: { votes: 0 } }],
      software: { polkadot: 1 },
      reports: { intervalSeconds: 20, transactionsSeconds: 600, networkStateSeconds: 3_600 },
      stuck: { share: 0 },
      trailing: { share: 0 },
      reconnecting: { share: 0.4, everyMinutes: 20, awaySeconds: [5, 200], restarts: 0 },
      restarting: { share: 0.4, everyMinutes: 25, downSeconds: [5, 120] },
      crashLoops: { share: 0.15, everyMinutes: 60, crashes: [4, 5], withinMinutes: 14 },
      rollouts: [{ version: '1.19.0', afterMinutes: 40, overMinutes: 50, share: 0.8 }],
      outages: [
        { afterMinutes: 30, forMinutes: 3 },
        { afterMinutes: 95, forMinutes: 8 },
      ],
      clocks: { usualMs: 20, skewed: { share: 0.2 } },
      wrongClocks: { share: 0.2, seconds: [2, 94_608_000] },
    }),
    seed: 11,
    startAt,
  };
}

/** A full minute some minutes ago: milliseconds since the epoch. */
export function minutesAgo(minutes: number): number {
  return Math.floor(Date.now() / MINUTE_MS - minutes) * MINUTE_MS;
}
