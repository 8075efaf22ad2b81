import { describe, expect, it } from 'vitest';
import { WriteDeadlineError } from '../../../src/storage/connections/writer-pool.js';
import { batch, numberedRows, row } from '../../support/batches.js';
import { TestDatabase } from '../../support/databases.js';
import { PostgresProxy } from '../../support/postgres-proxy.js';
import { TestServer } from '../../support/test-server.js';
import { TestStorage } from '../../support/test-storage.js';
import { waitUntil } from '../../support/wait-until.js';

const LIMIT_MS = 500;
/** What a busy machine may add. */
const SLACK_MS = 1_500;

async function numbers(database: TestDatabase): Promise<number[]> {
  const rows = await database.query<{ n: number }>(
    "SELECT (logs->>'n')::int AS n FROM tetcore_logs WHERE logs ? 'n' ORDER BY 1",
  );
  return rows.map(({ n }) => n);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

async function timed(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work;
  return performance.now() - startedAt;
}

describe('a database that is frozen', () => {
  for (const [where, text] of [
    ['before the transaction', 'BEGIN'],
    ['within COPY', '"n":500'],
    ['at COMMIT', 'COMMIT'],
  ] as const) {
    it(`costs one transaction timeout, and a retry stores the batch once: frozen ${where}`, async () => {
      await using database = await TestDatabase.create();
      await using proxy = await PostgresProxy.start(database.url);
      await using storage = new TestStorage(proxy.url, {
        limitMs: LIMIT_MS,
        environment: { DB_POOL_SIZE: '1' },
      });
      await storage.store(batch({ expiring: [row()] }));
      const { connections } = proxy;
      const one = batch({ expiring: numberedRows(1000, 'x'.repeat(500)) });
      proxy.when(text, 'freeze');
      const took = await timed(expect(storage.store(one)).rejects.toThrow(WriteDeadlineError));
      expect(took).toBeGreaterThan(LIMIT_MS - 50);
      expect(took).toBeLessThan(LIMIT_MS + SLACK_MS);
      proxy.thaw();
      await storage.store(one);
      expect(proxy.connections).toBe(connections + 1);
      expect(await numbers(database)).toEqual(upTo(1000));
    });
  }

  it('does not delay the stop of the process, while writing or connecting', async () => {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    await using storage = new TestStorage(proxy.url, { environment: { DB_POOL_SIZE: '1' } });
    await storage.store(batch({ expiring: [row()] }));
    proxy.freeze();
    const abort = new AbortController();
    const reason = new Error('the process is stopping');
    // The first writes, the second waits for its connection, the third for one to make a partition.
    const stores = [row(), row(), row({ at: Date.now() - 90 * 86_400_000 })].map((one) =>
      expect(storage.store(batch({ expiring: [one] }), abort.signal)).rejects.toBe(reason),
    );
    setTimeout(() => abort.abort(reason), 100);
    expect(await timed(Promise.all(stores))).toBeLessThan(100 + SLACK_MS);
    await expect(storage.store(batch({}), abort.signal)).rejects.toBe(reason);
  });

  it('does not delay the stop of a server with open connections of writers and readers', async () => {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    await using server = await TestServer.ready(proxy.url);
    expect((await server.get('/nodes')).status).toBe(200);
    proxy.freeze();
    expect(await timed(server.stop())).toBeLessThan(5_000 + SLACK_MS);
  });

  it('does not delay the stop of a server that is starting', async () => {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    proxy.freeze();
    await using server = await TestServer.start(proxy.url);
    await waitUntil(() => proxy.connections > 0, { what: 'the server to connect' });
    const ready = expect(server.server.ready).rejects.toThrow('stopped');
    expect(await timed(server.stop())).toBeLessThan(3_000);
    await ready;
  });
});

describe('a broken connection', () => {
  for (const [where, text, kind] of [
    ['in the middle of COPY', '"n":500', 'cut'],
    ['before COMMIT arrives', 'COMMIT', 'cut'],
    ['between COMMIT and its answer', 'COMMIT', 'answer lost'],
  ] as const) {
    it(`costs one attempt, and a retry stores the batch once: broken ${where}`, async () => {
      await using database = await TestDatabase.create();
      await using proxy = await PostgresProxy.start(database.url);
      await using storage = new TestStorage(proxy.url);
      await storage.store(batch({ expiring: [row()], audit: [row()] }));
      const one = batch({ expiring: numberedRows(1000, 'x'.repeat(500)), audit: [row()] });
      proxy.when(text, kind);
      await expect(storage.store(one)).rejects.toThrow();
      expect(await numbers(database)).toEqual(kind === 'cut' ? [] : upTo(1000));
      expect(await storage.store(one)).toEqual({ duplicate: kind !== 'cut', rejected: [] });
      expect(await numbers(database)).toEqual(upTo(1000));
      expect(await storage.store(one)).toMatchObject({ duplicate: true });
    });
  }

  it('costs nothing while it is idle', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    await storage.store(batch({ expiring: [row()] }));
    await database.query(
      'SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(await storage.store(batch({ expiring: numberedRows(1) }))).toMatchObject({ duplicate: false });
  });
});

describe('a transaction of a writer', () => {
  it('is ended by the database if the writer is gone', async () => {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    await using storage = new TestStorage(proxy.url, { limitMs: LIMIT_MS });
    proxy.when('COMMIT', 'freeze');
    await expect(
      storage.pool.withClient(async (client) => {
        await client.query('BEGIN');
        await client.query('INSERT INTO ingest_batches (id, collector) VALUES (gen_random_uuid(), 1)');
        await client.query('COMMIT');
      }),
    ).rejects.toThrow(WriteDeadlineError);
    await using direct = new TestStorage(database.url);
    // The proxy still holds the connection to the server: only the server can end the transaction.
    const waited = await timed(
      direct.pool.withClient((client) =>
        client.query('BEGIN; LOCK TABLE ingest_batches IN ACCESS EXCLUSIVE MODE; COMMIT'),
      ),
    );
    expect(waited).toBeLessThan(LIMIT_MS + SLACK_MS);
    expect(await database.query('SELECT FROM ingest_batches')).toHaveLength(0);
  });
});
