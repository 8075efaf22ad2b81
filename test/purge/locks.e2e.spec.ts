import { describe, expect, it } from 'vitest';
import { AdvisoryLock } from '../../src/storage/index.js';
import { ClockDifferenceError, type PurgeReport } from '../../src/purge/index.js';
import { batch, row } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';
import { PostgresProxy } from '../support/postgres-proxy.js';
import { TestPurge } from '../support/test-purge.js';
import { TestStorage } from '../support/test-storage.js';
import { waitUntil } from '../support/wait-until.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 4, 20, 10, 30);

/** A database with messages in partitions of an hour, of which some have expired when 24 hours are kept. */
async function databaseWith(expiredHours: number): Promise<TestDatabase> {
  const database = await TestDatabase.create();
  await using storage = storageOf(database);
  const hours = Array.from({ length: expiredHours }, (_, n) => row({ at: NOW - 2 * DAY - n * HOUR }));
  await storage.store(batch({ expiring: hours }));
  await storage.store(batch({ expiring: [row({ at: NOW })] }));
  return database;
}

const storageOf = (database: TestDatabase): TestStorage =>
  new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '24' } });

const messages = async (database: TestDatabase): Promise<number> =>
  (await database.query('SELECT FROM logs_expiring')).length;

/** Reads for as long as the work takes. */
async function whileReading<T>(database: TestDatabase, table: string, work: () => Promise<T>): Promise<T> {
  return await onDatabase(database.url, async (reader) => {
    await reader.query('BEGIN');
    await reader.query(`SELECT count(*) FROM ${table}`);
    return await work();
  });
}

/** The backend process of a running purge, once there is one. */
const purgingPid = (database: TestDatabase): Promise<number> =>
  waitUntil(
    async () => {
      const rows = await database.query<{ pid: number }>(
        `SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database
          WHERE locktype = 'advisory' AND objid = $1 AND datname = current_database()`,
        [AdvisoryLock.Purge],
      );
      return rows[0]?.pid;
    },
    { what: 'a purge to begin' },
  );

const dropped = (report: PurgeReport | null): number | undefined => report?.partitions.length;

describe('two replicas', () => {
  it('do not purge at the same time: one skips it', async () => {
    await using database = await databaseWith(3);
    await using purge = await TestPurge.open(database.url, 24);
    await using other = await TestPurge.open(database.url, 24);
    const purging = await whileReading(database, 'logs_expiring', async () => {
      const report = purge.run(NOW);
      await purgingPid(database);
      const startedAt = performance.now();
      expect(await other.run(NOW)).toBeNull();
      expect(performance.now() - startedAt).toBeLessThan(1_000);
      return { report };
    });
    expect(dropped(await purging.report)).toBe(3);
    expect(dropped(await other.run(NOW))).toBe(0);
    expect(dropped(await purge.run(NOW))).toBe(0);
  });

  it('remove everything once, in any number of attempts', async () => {
    await using database = await databaseWith(12);
    const replicas = await Promise.all([1, 2, 3].map(() => TestPurge.open(database.url, 24)));
    const reports = await Promise.all(replicas.flatMap((one) => [one.run(NOW), one.run(NOW)]));
    for (const one of replicas) await one[Symbol.asyncDispose]();
    expect(reports.map(dropped).reduce<number>((sum, n) => sum + (n ?? 0), 0)).toBe(12);
    expect(reports.flatMap((report) => report?.failures ?? [])).toEqual([]);
    expect(await messages(database)).toBe(1);
  });
});

describe('a long-running read', () => {
  it('keeps partitions until the next purge, and does not block writers', async () => {
    await using database = await databaseWith(30);
    await using storage = storageOf(database);
    await using purge = await TestPurge.open(database.url, 24);
    let slowest = 0;
    let written = 0;
    await whileReading(database, 'tetcore_logs', async () => {
      const startedAt = performance.now();
      let purged = false;
      const purging = purge.done(NOW).finally(() => (purged = true));
      const done = (): boolean => purged;
      while (!done()) {
        const one = performance.now();
        await storage.store(batch({ expiring: [row({ at: NOW })] }));
        slowest = Math.max(slowest, performance.now() - one);
        written += 1;
      }
      expect(dropped(await purging)).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(6_000);
    });
    expect(slowest).toBeLessThan(1_000);
    expect(await messages(database)).toBe(30 + 1 + written);
    expect(dropped(await purge.done(NOW))).toBe(30);
    expect(await messages(database)).toBe(1 + written);
  });

  it('of one partition keeps only that one', async () => {
    await using database = await databaseWith(10);
    await using purge = await TestPurge.open(database.url, 24);
    const oldest = 'logs_expiring_2026051801';
    await whileReading(database, oldest, async () => {
      const abort = new AbortController();
      const purging = purge.run(NOW, abort.signal);
      await waitUntil(async () => (await messages(database)) === 2, { what: 'the others to go' });
      abort.abort();
      expect(dropped(await purging)).toBe(9);
      expect(await database.query(`SELECT FROM ${oldest}`)).toHaveLength(1);
    });
    expect((await purge.done(NOW)).partitions.map(({ name }) => name)).toEqual([oldest]);
  });
});

describe('the time of the last purge', () => {
  it('is in the database for all replicas, and is updated only by a complete purge', async () => {
    await using database = await databaseWith(1);
    await using purge = await TestPurge.open(database.url, 24);
    await using other = await TestPurge.open(database.url, 24);
    const long = new Date('2026-01-01T00:00:00Z');
    await database.query('UPDATE purge_state SET succeeded_at = $1', [long]);
    await whileReading(database, 'logs_expiring', async () => {
      expect((await purge.run(NOW))?.left).toHaveLength(1);
    });
    await database.query('ALTER TABLE rejected_messages RENAME TO elsewhere');
    expect((await purge.run(NOW))?.failures).toHaveLength(1);
    await database.query('ALTER TABLE elsewhere RENAME TO rejected_messages');
    await onDatabase(database.url, async (holder) => {
      await holder.query('SELECT pg_advisory_lock($1)', [AdvisoryLock.Purge]);
      expect(await purge.run(NOW)).toBeNull();
    });
    expect(await other.lastSuccess()).toBe(long.getTime());
    await waitUntil(() => purge.run(NOW), { what: 'the lock to be free' });
    expect(await other.lastSuccess()).toBeGreaterThan(Date.now() - 60_000);
  });
});

describe('a machine whose clock differs from the database by more than a minute', () => {
  it.each([30 * DAY, -30 * DAY, 60_001, -60_001])('purges nothing: %i ms', async (aheadMs) => {
    await using database = await databaseWith(1);
    await using purge = await TestPurge.open(database.url, 24);
    purge.aheadMs = aheadMs;
    await expect(purge.run(NOW)).rejects.toThrow('nothing is purged until they agree within a minute');
    await expect(purge.preview(NOW)).rejects.toThrow(ClockDifferenceError);
    expect(await messages(database)).toBe(2);
    purge.aheadMs = Math.sign(aheadMs) * 60_000;
    expect(dropped(await purge.run(NOW))).toBe(1);
  });

  it.each([60_500, -60_500])('purges if that is not certain: %i ms', async (aheadMs) => {
    await using database = await databaseWith(1);
    await using purge = await TestPurge.open(database.url, 24);
    purge.aheadMs = aheadMs;
    purge.errorMs = 499;
    await expect(purge.run(NOW)).rejects.toThrow(ClockDifferenceError);
    purge.errorMs = 500;
    expect(dropped(await purge.run(NOW))).toBe(1);
  });
});

describe('a purge that fails', () => {
  it('in one part continues with the others, and is retried by the next purge', async () => {
    await using database = await databaseWith(3);
    await using purge = await TestPurge.open(database.url, 24);
    await using other = await TestPurge.open(database.url, 24);
    await database.query('CREATE VIEW mine AS SELECT * FROM logs_expiring_2026051809');
    await database.query('ALTER TABLE peer_connections RENAME TO elsewhere');
    await database.query(
      `INSERT INTO ingest_batches VALUES ('01000000-0000-7000-8000-000000000000', 1, '2026-01-01')`,
    );
    const report = await purge.run(NOW);
    expect(report?.failures).toMatchObject([
      { part: 'logs_expiring', error: { code: '2BP01' } },
      { part: 'peer_connections', error: { code: '42P01' } },
    ]);
    expect(report?.partitions.map(({ name }) => name)).toEqual([
      'logs_expiring_2026051808',
      'logs_expiring_2026051810',
    ]);
    expect(report?.rows).toMatchObject({ ingest_batches: 1 });
    await database.query('DROP VIEW mine');
    await database.query('ALTER TABLE elsewhere RENAME TO peer_connections');
    expect(dropped(await other.done(NOW))).toBe(1);
  });

  it('because its connection was terminated leaves no lock, and reports what it had removed', async () => {
    await using database = await databaseWith(3);
    await using purge = await TestPurge.open(database.url, 24);
    await using other = await TestPurge.open(database.url, 24);
    const report = await whileReading(database, 'logs_expiring_2026051808', async () => {
      const purging = purge.run(NOW);
      const pid = await purgingPid(database);
      await waitUntil(async () => (await messages(database)) === 2, { what: 'the others to go' });
      await database.query('SELECT pg_terminate_backend($1, 1000)', [pid]);
      return await purging;
    });
    expect(dropped(report)).toBe(2);
    expect(report?.failures).toHaveLength(1);
    expect(dropped(await other.done(NOW))).toBe(1);
    expect(dropped(await purge.done(NOW))).toBe(0);
  });

  it('because the database is frozen closes the connection, and so releases the lock', async () => {
    await using database = await databaseWith(1);
    await using proxy = await PostgresProxy.start(database.url);
    await using purge = await TestPurge.open(proxy.url, 24, 300);
    await using other = await TestPurge.open(database.url, 24);
    proxy.when('DELETE FROM ingest_batches', 'freeze');
    const startedAt = performance.now();
    const report = await purge.run(NOW);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(dropped(report)).toBe(1);
    expect(report?.failures).toHaveLength(1);
    proxy.thaw();
    await waitUntil(() => other.run(NOW), { what: 'the lock to be free' });
    await purge.done(NOW);
  });

  it('because it is aborted ends after the current statement', async () => {
    await using database = await databaseWith(3);
    await using purge = await TestPurge.open(database.url, 24);
    await whileReading(database, 'logs_expiring', async () => {
      const abort = new AbortController();
      const purging = purge.run(NOW, abort.signal);
      await purgingPid(database);
      const startedAt = performance.now();
      abort.abort();
      expect(await purging).toMatchObject({ partitions: [], rows: {}, failures: [] });
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    });
    expect(dropped(await purge.done(NOW))).toBe(3);
  });
});
