import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregatorPass } from '../../src/insight/aggregator-pass.js';
import { aggregateReports, rebuildReports, reportsImported } from '../../src/reputation/index.js';
import { Random } from '../../src/simulator/random/random.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';
import { TestPurge } from '../support/test-purge.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';
import { PEERS, ReportHistory, storeReportsOf } from './report-histories.js';

const HOUR_MS = 3_600_000;
const HOURS = 36;
/** Of the purge. The servers purge nothing. */
const EXPIRY_H = 24;
const OWNER = '00000000-0000-4000-8000-000000000001';
const TABLES = 'insight_reports, insight_reputation_runs';
const SETTINGS = { INSIGHT_AGGREGATION: 'false', LOG_EXPIRY_H: '72' };

/** A database with a server and the same messages; one of them aggregates them. */
class Side implements AsyncDisposable {
  private constructor(
    readonly database: TestDatabase,
    readonly server: TestServer,
    readonly storage: TestStorage,
  ) {}

  static async open(): Promise<Side> {
    const database = await TestDatabase.create();
    const server = await TestServer.ready(database.url, SETTINGS);
    return new Side(database, server, new TestStorage(database.url, { environment: SETTINGS }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.storage.close();
    await this.database[Symbol.asyncDispose]();
  }
}

/**
 * Compares the answers of two servers, of which one reads tables, for a random history.
 *
 * @param requests at each moment
 */
export function describeAggregated(seed: number, requests: number): void {
  describe(`the reputations of a random history (seed ${seed.toString()})`, { timeout: 300_000 }, () => {
    describeHistory(seed, requests);
  });
}

function describeHistory(seed: number, requests: number): void {
  let aggregating: Side;
  let plain: Side;
  let history: ReportHistory;
  let paths: string[];
  const now = Date.now();
  const random = new Random(seed, 'requests');

  beforeAll(async () => {
    [aggregating, plain] = [await Side.open(), await Side.open()];
    history = new ReportHistory(seed, now, HOURS);
    paths = pathsOf();
  }, 120_000);
  afterAll(async () => {
    await aggregating[Symbol.asyncDispose]();
    await plain[Symbol.asyncDispose]();
  });

  function pathsOf(): string[] {
    const ages = random.sample(history.ages, 4);
    const time = (): string => new Date(now - random.between(0, (HOURS + 4) * 3600) * 1000).toISOString();
    const exact = (): string =>
      new Date(random.pick(random.pick(history.reporters).reports).createdAt).toISOString();
    const queries = [
      '',
      ...['limit=1', 'limit=7', 'limit=100000', 'max_age_s=0', 'max_age_s=3155760000&limit=50'],
      ...ages.map((age) => `max_age_s=${age.toString()}`),
      ...[time, exact].flatMap((at) => [`start_time=${at()}`, `end_time=${at()}&limit=20`]),
      ...[exact(), time()].map(
        (at) => `start_time=${at}&end_time=${new Date(Date.parse(at) + 5 * HOUR_MS).toISOString()}`,
      ),
    ];
    return [
      ...PEERS.filter((peer) => peer.length < 100).flatMap((peer) =>
        queries.map((query) => `/reputation/${encodeURIComponent(peer)}?${query}`),
      ),
      ...[
        '',
        ...ages.map((age) => `max_age_s=${age.toString()}`),
        'max_age_s=3155760000',
        'max_age_s=1000000&limit=2',
      ].flatMap((query) => [`/reputation?${query}`, `/reputation/logged?${query}`]),
    ];
  }

  /** @returns the bytes of all bodies */
  async function expectSame(): Promise<number> {
    let bytes = 0;
    for (const path of random.sample(paths, requests)) {
      const [found, expected] = await Promise.all(
        [aggregating, plain].map(async ({ server }) => {
          const response = await server.get(path);
          return `${response.status.toString()} ${await response.text()}`;
        }),
      );
      expect(expected?.slice(0, 4)).toBe('200 ');
      expect(found, path).toBe(expected);
      bytes += found?.length ?? 0;
    }
    return bytes;
  }

  const store = async (reports: ReportHistory['reporters'][number]['reports']): Promise<void> => {
    // In an order of no meaning, the same in both.
    const mixed = random.sample(reports, reports.length);
    for (let start = 0; start < mixed.length; start += 50) {
      for (const { storage } of [aggregating, plain])
        await storeReportsOf(storage, history.reporters, mixed.slice(start, start + 50));
    }
  };

  const pass = async (isCommitted = true): Promise<void> => {
    await onDatabase(aggregating.database.url, async (client) => {
      await client.query('BEGIN');
      const registerNodes = (): Promise<boolean> => Promise.resolve(true);
      expect(await aggregatorPass(client, { owner: OWNER, memory: undefined, registerNodes })).toBeDefined();
      await client.query(isCommitted ? 'COMMIT' : 'ROLLBACK');
    });
  };

  const rebuild = (from: number, to: number): Promise<void> =>
    onDatabase(aggregating.database.url, async (client) => {
      const steps = rebuildReports(client, { from: from * 1000, to: to * 1000 });
      for await (const until of steps) expect(until / 1000).toBeLessThanOrEqual(to);
    });

  const counts = async (): Promise<{ messages: number; reports: number; inRuns: number; runs: number }> => {
    const [row] = await aggregating.database.query<{
      messages: number;
      reports: number;
      inRuns: number;
      runs: number;
    }>(
      `SELECT (SELECT count(*) FROM tetcore_logs)::int AS messages, count(*)::int AS reports,
              (count(*) FILTER (WHERE in_runs))::int AS "inRuns", (SELECT count(*) FROM insight_reputation_runs)::int AS runs
         FROM insight_reports`,
    );
    if (row === undefined) throw new Error('There is no row.');
    return row;
  };

  const rows = async (): Promise<unknown[]> => [
    await aggregating.database.query('SELECT * FROM insight_reports ORDER BY id'),
    await aggregating.database.query('SELECT * FROM insight_reputation_runs ORDER BY report_id, peer'),
  ];

  it('are the same to the byte, whatever is aggregated and when', async () => {
    const all = history.reporters.flatMap(({ reports }) => reports);
    const late = random.sample(all, Math.floor(all.length / 4));
    const half = all.filter((report) => !late.includes(report) && random.chance(0.5));
    await store(half);
    await aggregating.database.query("UPDATE logs_expiring SET stored_at = stored_at - interval '10 min'");
    await aggregating.database.query("UPDATE logs_audit SET stored_at = stored_at - interval '10 min'");
    expect(await expectSame()).toBeGreaterThan(20_000);

    // From here on: what was stored before is not aggregated.
    await pass();
    expect(await counts()).toMatchObject({ reports: 0 });
    await store(all.filter((report) => !late.includes(report) && !half.includes(report)));
    await pass(false);
    expect(await counts()).toMatchObject({ reports: 0 });
    await expectSame();
    await pass();
    await pass();
    const second = await counts();
    expect(second.inRuns).toBe(all.length - late.length - half.length);
    await expectSame();

    // A part of what was before, and then all of it.
    await rebuild(now - 30 * HOUR_MS, now - 20 * HOUR_MS);
    const third = await counts();
    expect(third.inRuns).toBeGreaterThan(second.inRuns);
    expect(third.inRuns).toBeLessThan(third.messages);
    await expectSame();
    await rebuild(now - 2 * HOURS * HOUR_MS, now);
    expect(await counts()).toMatchObject({ inRuns: third.messages });
    const [state] = await aggregating.database.query<{ hours: number }>(
      'SELECT extract(epoch FROM now() - reports_from)::float8 / 3600 AS hours FROM insight_state',
    );
    expect(state?.hours).toBeGreaterThan(2 * HOURS - 1);
    await expectSame();

    // Late reports change runs that were written before.
    const [some, imported, others] = [late.slice(0, 40), late.slice(40, 60), late.slice(60)];
    await store(some);
    await expectSame();
    await Promise.all([pass(), rebuild(now - 30 * HOUR_MS, now - HOUR_MS), rebuild(now - 10 * HOUR_MS, now)]);
    await expectSame();
    await store(imported);
    for (const table of ['logs_expiring', 'logs_audit']) {
      await aggregating.database.query(
        `UPDATE ${table} SET stored_at = created_at WHERE id NOT IN (SELECT id FROM insight_reports)`,
      );
    }
    await onDatabase(aggregating.database.url, reportsImported);
    await expectSame();
    await rebuild(now - 2 * HOURS * HOUR_MS, now);
    await expectSame();
    await store(others);
    await expectSame();
    await onDatabase(aggregating.database.url, async (client) => {
      await aggregateReports(client, { after: '-infinity', until: 'infinity', maxMs: 0 });
    });
    const registered = await counts();
    expect(registered).toMatchObject({ reports: all.length });
    expect(registered.inRuns).toBeLessThan(all.length);
    await aggregating.database.query("UPDATE insight_state SET stored_until = now() + interval '15 s'");
    await expectSame();
    await aggregating.database.query("UPDATE insight_state SET stored_until = now() - interval '2 min'");
    await expectSame();
    await pass();
    expect(await counts()).toMatchObject({ inRuns: all.length });
    await expectSame();

    // However they came about, the rows are those of a rebuild.
    const passed = await rows();
    await rebuild(now - 25 * HOUR_MS, now - 20 * HOUR_MS);
    expect(await rows()).toEqual(passed);
    await aggregating.database.query(`TRUNCATE ${TABLES}`);
    await rebuild(now - 2 * HOURS * HOUR_MS, now);
    expect(await rows()).toEqual(passed);

    for (const { database } of [aggregating, plain]) {
      await using purge = await TestPurge.open(database.url, EXPIRY_H);
      expect((await purge.done(now)).partitions.length).toBeGreaterThan(5);
    }
    const left = await counts();
    expect(left.messages).toBeLessThan(all.length);
    expect(left).toMatchObject({ reports: left.messages, inRuns: left.messages });
    expect(left.runs).toBeLessThan((passed[1] as unknown[]).length);
    expect(await expectSame()).toBeGreaterThan(10_000);
  });
}
