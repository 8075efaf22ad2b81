import { describe, expect, it } from 'vitest';
import { loadScenario, readScenario } from '../../src/simulator/index.js';
import { HistoryAggregator, storeHistory, QUIET } from '../insight/simulated-history.js';
import { minutesAgo } from '../insight/troubled-history.js';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { readProjectFile } from '../support/markdown.js';
import { hasPrometheus, TestPrometheus } from '../support/prometheus.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';
import { quickRules } from './alerts/quick-rules.js';

const MINUTE_MS = 60_000;
const JOB = 'tetcore-analytics';
const HISTORY_MIN = 20;
const WAIT = { timeoutMs: 60_000, everyMs: 200 };

describe.skipIf(!hasPrometheus)('Prometheus', () => {
  it('sees alerts of a stall of finality fire, and clear', { timeout: 300_000 }, async () => {
    await using database = await TestDatabase.create();
    const startAt = minutesAgo(HISTORY_MIN);
    const stallEndsAt = startAt + (HISTORY_MIN - 2) * MINUTE_MS;
    const endAt = startAt + HISTORY_MIN * MINUTE_MS;
    await storeHistory(
      database,
      {
        scenario: readScenario({
          ...loadScenario('history'),
          nodes: 8,
          software: { polkadot: 1 },
          chains: [
            {
              name: 'Simnet',
              finality: { votes: 0, stalls: [{ afterMinutes: 6, forMinutes: HISTORY_MIN - 8 }] },
            },
          ],
          ...QUIET,
        }),
        seed: 3,
        startAt,
      },
      endAt,
    );
    const aggregator = await HistoryAggregator.begin(database, startAt);
    await aggregator.to(stallEndsAt);
    // The server leaves the aggregation to the test for a minute after each pass.
    await using server = await ServerProcess.ready(await freePort(), {
      DATABASE_URL: database.url,
      JOURNAL_MODE: 'off',
      // In the folder of others it would record gaps of their killed servers, and be silent.
      DATA_DIR: await tempDir('chain-alerts'),
    });
    const rules = quickRules(readProjectFile('monitoring/prometheus/rules.yml'), {
      factor: 100,
      leastRange: 5,
      leastFor: 1,
    });
    const address = `127.0.0.1:${server.port.toString()}`;
    await using prometheus = await TestPrometheus.ready({ [JOB]: [address] }, rules);
    const firing = async (): Promise<string[]> =>
      (await prometheus.firing())
        .filter(({ name, labels }) => name.startsWith('TetcoreChainFinality') && labels.name === 'Simnet')
        .map(({ name }) => name)
        .sort();
    const until = (what: string, alerts: readonly string[]): Promise<unknown> =>
      waitUntil(
        async () => {
          expect(await firing()).toEqual(alerts);
          return true;
        },
        { what, ...WAIT },
      );

    await until('the alerts', [
      'TetcoreChainFinalityFar',
      'TetcoreChainFinalityLag',
      'TetcoreChainFinalityStalled',
    ]);
    await aggregator.to(endAt);
    // The end of the stall is in a minute that closes later.
    await until('the lag to clear', ['TetcoreChainFinalityStalled']);
  });
});
