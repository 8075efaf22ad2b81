import { describe, expect, it } from 'vitest';
import { loadScenario, type NetworkOptions, readScenario } from '../../src/simulator/index.js';
import { plantedChain, spreadBlocks } from '../insight/planted-chain.js';
import { genesisHashOf, HistoryAggregator, storeHistory, QUIET } from '../insight/simulated-history.js';
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
const WAIT = { timeoutMs: 60_000, everyMs: 200 };

/** What happens to a chain of eight nodes. */
function historyOf(chain: object, seed: number, startAt: number): NetworkOptions {
  return {
    scenario: readScenario({
      ...loadScenario('history'),
      nodes: 8,
      software: { polkadot: 1 },
      chains: [{ name: 'Simnet', ...chain }],
      ...QUIET,
    }),
    seed,
    startAt,
  };
}

/** A server with a Prometheus whose rules are quick. The server leaves the aggregation to the test for a minute after each pass. */
class AlertWatch implements AsyncDisposable {
  private constructor(
    private readonly server: ServerProcess,
    private readonly prometheus: TestPrometheus,
  ) {}

  static async begin(database: TestDatabase): Promise<AlertWatch> {
    const server = await ServerProcess.ready(await freePort(), {
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
    return new AlertWatch(server, await TestPrometheus.ready({ [JOB]: [address] }, rules));
  }

  /** Waits until exactly these of the alerts with a prefix fire. */
  async until(what: string, prefix: string, alerts: readonly string[]): Promise<void> {
    await waitUntil(
      async () => {
        const firing = (await this.prometheus.firing())
          .filter(({ name, labels }) => name.startsWith(prefix) && labels.name === 'Simnet')
          .map(({ name }) => name);
        expect(firing.sort()).toEqual(alerts);
        return true;
      },
      { what, ...WAIT },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.prometheus[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

describe.skipIf(!hasPrometheus)('Prometheus', () => {
  it('sees alerts of a stall of finality fire, and clear', { timeout: 300_000 }, async () => {
    await using database = await TestDatabase.create();
    const minutes = 20;
    const startAt = minutesAgo(minutes);
    const stallEndsAt = startAt + (minutes - 2) * MINUTE_MS;
    const endAt = startAt + minutes * MINUTE_MS;
    const finality = { votes: 0, stalls: [{ afterMinutes: 6, forMinutes: minutes - 8 }] };
    await storeHistory(database, historyOf({ finality }, 3, startAt), endAt);
    const aggregator = await HistoryAggregator.begin(database, startAt);
    await aggregator.to(stallEndsAt);
    await using watch = await AlertWatch.begin(database);

    await watch.until('the alerts', 'TetcoreChainFinality', [
      'TetcoreChainFinalityFar',
      'TetcoreChainFinalityLag',
      'TetcoreChainFinalityStalled',
    ]);
    await aggregator.to(endAt);
    // The end of the stall is in a minute that closes later.
    await watch.until('the lag to clear', 'TetcoreChainFinality', ['TetcoreChainFinalityStalled']);
  });

  it('sees the alert of a fork with long branches fire, and clear', { timeout: 300_000 }, async () => {
    await using database = await TestDatabase.create();
    const minutes = 18;
    const startAt = minutesAgo(minutes);
    const endAt = startAt + minutes * MINUTE_MS;
    const forks = { chance: 0.01, blocks: [4, 4] };
    const options = historyOf({ authors: 1, forks, finality: { votes: 0 } }, 10, startAt);
    const truth = plantedChain(options, endAt, genesisHashOf(options));
    expect(truth.forks.map(({ loser_hashes: lost }) => lost.length)).toEqual([4]);
    const lost = truth.forks[0]?.loser_hashes ?? [];
    const forkAt = Math.max(
      ...spreadBlocks(truth).flatMap(({ hash, firstSeenAt }) => (lost.includes(hash) ? [firstSeenAt] : [])),
    );
    // A fork counts for ten minutes.
    expect(endAt - forkAt).toBeGreaterThan(10.5 * MINUTE_MS);
    await storeHistory(database, options, endAt);
    const aggregator = await HistoryAggregator.begin(database, startAt);
    await aggregator.to(forkAt + 8.5 * MINUTE_MS);
    await using watch = await AlertWatch.begin(database);

    await watch.until('the alert', 'TetcoreChainForkDeep', ['TetcoreChainForkDeep']);
    await aggregator.to(endAt);
    await watch.until('it to clear', 'TetcoreChainForkDeep', []);
  });
});
