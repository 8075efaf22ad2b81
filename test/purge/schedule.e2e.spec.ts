import { SchedulerRegistry } from '@nestjs/schedule';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AdvisoryLock } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';
import { FakeNode } from '../support/fake-node.js';
import { PostgresProxy } from '../support/postgres-proxy.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const HOUR = 3_600_000;
const EVERY_SECOND = { PURGE_INTERVAL_S: '1', LOG_EXPIRY_H: '24' };

/** A partition of two days ago, with one message in it. */
async function addExpired(database: TestDatabase): Promise<void> {
  const from = Math.floor(Date.now() / HOUR) * HOUR - 48 * HOUR;
  const [start, end] = [from, from + HOUR].map((at) => new Date(at).toISOString());
  await database.query(
    `CREATE TABLE expired PARTITION OF logs_expiring FOR VALUES FROM ('${start}') TO ('${end}')`,
  );
  await database.query(
    `INSERT INTO logs_expiring (created_at, received_at, peer_connection_id, collector, type, logs)
     VALUES ($1, $1, 1, 1, 0, '{}')`,
    [start],
  );
}

const isThere = async (database: TestDatabase): Promise<boolean> =>
  (await database.query("SELECT FROM pg_class WHERE relname = 'expired'")).length === 1;

const outcomes = async (server: TestServer): Promise<Record<string, number>> => {
  const found = await server.metric('tetcore_purges_total');
  return Object.fromEntries([...found].map(([labels, n]) => [labels.slice('outcome="'.length, -1), n]));
};

/** Seconds since the epoch. */
const succeededAt = async (database: TestDatabase): Promise<number[]> =>
  (
    await database.query<{ at: number }>(
      'SELECT extract(epoch FROM succeeded_at)::float8 AS at FROM purge_state',
    )
  ).map(({ at }) => at);

const holders = async (database: TestDatabase): Promise<number> =>
  (
    await database.query(
      `SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE locktype = 'advisory' AND objid = $1 AND datname = current_database()`,
      [AdvisoryLock.Purge],
    )
  ).length;

describe('the server', () => {
  it('purges every PURGE_INTERVAL_S while it receives messages, and counts what it removed', async () => {
    await using database = await TestDatabase.create();
    await addExpired(database);
    await using server = await TestServer.ready(database.url, EVERY_SECOND);
    const registry = server.server.app.get(SchedulerRegistry);
    expect(registry.doesExist('interval', 'purge')).toBe(true);
    const startedAt = Date.now() / 1000;
    const lastSuccess = async (): Promise<number> =>
      (await server.metric('tetcore_purge_last_success_timestamp_seconds')).get('') ?? NaN;
    const node = await FakeNode.connect(server.ws);
    let sent = 0;
    await waitUntil(
      async () => {
        await node.sendV1({ msg: 'x.new', n: (sent += 1) });
        return !(await isThere(database));
      },
      { what: 'the partition to go' },
    );
    await waitUntil(async () => ((await outcomes(server)).done ?? 0) >= 2, { what: 'the next purge' });
    expect(await outcomes(server)).not.toHaveProperty('failed');
    expect(await server.metric('tetcore_purged_partitions_total')).toEqual(new Map([['', 1]]));
    const rows = await server.metric('tetcore_purged_rows_total');
    expect([...rows.keys()]).toContain('table="logs_expiring"');
    await waitUntil(async () => (await lastSuccess()) > startedAt, { what: 'the metric' });
    await node.close();
    await server.stop();
    expect(registry.doesExist('interval', 'purge')).toBe(false);
    expect(await database.query("SELECT FROM tetcore_logs WHERE msg = 'x.new'")).toHaveLength(sent);
  });

  it('skips a purge while another process is purging', async () => {
    await using database = await TestDatabase.create();
    await addExpired(database);
    await using server = await TestServer.ready(database.url, EVERY_SECOND);
    await onDatabase(database.url, async (other) => {
      await other.query('SELECT pg_advisory_lock($1)', [AdvisoryLock.Purge]);
      await waitUntil(async () => ((await outcomes(server)).left_to_another ?? 0) >= 1, {
        what: 'a purge that is left to us',
      });
      expect(await isThere(database)).toBe(true);
      // No purge has run: each was skipped because of the lock.
      const [at] = await succeededAt(database);
      const shown = async (): Promise<number | undefined> =>
        (await server.metric('tetcore_purge_last_success_timestamp_seconds')).get('');
      await waitUntil(async () => (await shown()) !== undefined, { what: 'the metric' });
      const before = (await outcomes(server)).left_to_another ?? 0;
      await waitUntil(async () => ((await outcomes(server)).left_to_another ?? 0) >= before + 2, {
        what: 'two more',
      });
      expect(await succeededAt(database)).toEqual([at]);
      expect(await shown()).toBeCloseTo(at ?? NaN, 3);
    });
    await waitUntil(async () => !(await isThere(database)), { what: 'the partition to go' });
  });

  it('counts a purge that fails, and tries again', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, EVERY_SECOND);
    await database.query('ALTER TABLE rejected_messages RENAME TO elsewhere');
    await waitUntil(async () => ((await outcomes(server)).failed ?? 0) >= 1, { what: 'a failure' });
    await database.query('ALTER TABLE elsewhere RENAME TO rejected_messages');
    const before = (await outcomes(server)).done ?? 0;
    await waitUntil(async () => ((await outcomes(server)).done ?? 0) > before, { what: 'a success' });
  });

  it('purges nothing while it starts', async () => {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    await addExpired(database);
    proxy.freeze();
    await using server = await TestServer.start(proxy.url, EVERY_SECOND);
    await sleep(1_500);
    expect(await outcomes(server)).toEqual({});
    proxy.thaw();
    await server.server.ready;
    await waitUntil(async () => !(await isThere(database)), { what: 'the partition to go' });
  });

  it('stops at once while a purge waits for a reader', async () => {
    await using database = await TestDatabase.create();
    await addExpired(database);
    await onDatabase(database.url, async (reader) => {
      await reader.query('BEGIN');
      await reader.query('SELECT count(*) FROM logs_expiring');
      await using server = await TestServer.ready(database.url, EVERY_SECOND);
      await waitUntil(() => holders(database), { what: 'a purge to begin' });
      const startedAt = performance.now();
      await server.stop();
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    });
    await waitUntil(async () => (await holders(database)) === 0, { what: 'the lock to be free' });
    expect(await isThere(database)).toBe(true);
  });

  it('stops in time while a purge waits for a frozen database', async () => {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    await using server = await TestServer.ready(proxy.url, EVERY_SECOND);
    proxy.when('DELETE FROM ingest_batches', 'freeze');
    await waitUntil(() => proxy.isFrozen, { what: 'a purge to freeze' });
    const startedAt = performance.now();
    await server.stop();
    expect(performance.now() - startedAt).toBeLessThan(6_500);
  });
});
