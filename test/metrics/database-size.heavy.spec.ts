import { describe, expect, it } from 'vitest';
import { DatabaseSize } from '../../src/storage/maintenance/database-size.js';
import { TestDatabase } from '../support/databases.js';
import { FaultyPostgres } from '../support/faulty-postgres.js';
import { onDatabase } from '../support/on-database.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const SIZE = 'tetcore_database_size_bytes';
const TABLES = 'tetcore_table_size_bytes';

/** Measured by itself, a few seconds after the start. */
async function sizeOf(server: TestServer): Promise<number> {
  return await waitUntil(async () => (await server.metric(SIZE)).get(''), {
    what: 'the size of the database',
    timeoutMs: 40_000,
    everyMs: 100,
  });
}

describe('the size of the database', () => {
  it('is reported by PostgreSQL, and grows with stored messages', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const before = await sizeOf(server);
    const tablesBefore = await server.metric(TABLES);
    expect([...tablesBefore.keys()].sort()).toEqual(['table="logs_audit"', 'table="logs_expiring"']);
    await database.query(
      `INSERT INTO logs_expiring (created_at, received_at, collector, peer_connection_id, type, logs)
       SELECT now(), now(), 1, (1::bigint << 32) + n, 1, to_jsonb(md5(n::text) || repeat('x', 900))
         FROM generate_series(1, 5000) AS n`,
    );
    // Not at each scrape.
    expect(await sizeOf(server)).toBe(before);
    await server.server.app.get(DatabaseSize).measure();
    const after = await sizeOf(server);
    const tables = await server.metric(TABLES);
    const grown = (table: string): number => (tables.get(table) ?? 0) - (tablesBefore.get(table) ?? 0);
    expect(grown('table="logs_expiring"')).toBeGreaterThan(5000 * 900);
    expect(grown('table="logs_audit"')).toBe(0);
    expect(after - before).toBeGreaterThanOrEqual(grown('table="logs_expiring"'));
    const [said] = await database.query<{ bytes: string; messages: string }>(
      `SELECT pg_database_size(current_database()) AS bytes,
              (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('logs_expiring')) AS messages`,
    );
    expect(Math.abs(Number(said?.bytes) / after - 1)).toBeLessThan(0.05);
    expect(tables.get('table="logs_expiring"')).toBe(Number(said?.messages));
  });

  it('does not wait for a locked partition', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    await sizeOf(server);
    const [partition] = await database.query<{ name: string }>(
      "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'logs_audit'::regclass",
    );
    await onDatabase(database.url, async (other) => {
      await other.query('BEGIN');
      await other.query(`LOCK TABLE ${partition?.name ?? ''} IN ACCESS EXCLUSIVE MODE`);
      await server.server.app.get(DatabaseSize).measure();
      expect(await sizeOf(server)).toBeGreaterThan(1_000_000);
      expect(await server.metric(TABLES)).toEqual(new Map());
    });
    await server.server.app.get(DatabaseSize).measure();
    expect((await server.metric(TABLES)).size).toBe(2);
  });

  it('is absent while the database is unavailable', { timeout: 120_000 }, async () => {
    await using postgres = await FaultyPostgres.start();
    await using server = await TestServer.ready(postgres.url);
    expect(await sizeOf(server)).toBeGreaterThan(1_000_000);
    await postgres.stop('fast');
    await expect(server.server.app.get(DatabaseSize).measure()).rejects.toThrow();
    for (const name of [SIZE, TABLES]) expect(await server.metric(name)).toEqual(new Map());
    expect(await (await server.get('/metrics')).text()).not.toContain('NaN');
    await postgres.startAgain();
    expect(await sizeOf(server)).toBeGreaterThan(1_000_000);
    expect((await server.metric(TABLES)).size).toBe(2);
  });
});
