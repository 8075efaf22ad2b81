import { describe, expect, it } from 'vitest';
import { openSession } from '../../src/storage/index.js';
import { liveServers } from '../../src/cli/doctor/schema-checks.js';
import { agrees } from '../../src/import/index.js';
import { TestDatabase } from '../support/databases.js';
import { bringOver } from './importing.js';
import { fillOldDatabase, oldDatabase } from '../support/old-database.js';
import { databaseNamed, onDatabase } from '../support/on-database.js';

const HISTORY = { connections: 5, from: '2020-11-20', days: 3 };
const nameOf = ({ url }: TestDatabase): string => new URL(url).pathname.slice(1);
const messages = async (database: TestDatabase): Promise<number> =>
  (await database.query('SELECT FROM tetcore_logs')).length;

/** A copy of a database that nobody is connected to. */
async function copyOf(database: TestDatabase): Promise<TestDatabase> {
  const copy = TestDatabase.missing();
  await onDatabase(databaseNamed(database.url, 'postgres'), (client) =>
    client.query(`CREATE DATABASE ${nameOf(copy)} TEMPLATE ${nameOf(database)}`),
  );
  return copy;
}

describe('the source of an import', { timeout: 60_000 }, () => {
  it('is not imported twice if it cannot be identified', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await fillOldDatabase(old.url, { ...HISTORY, messages: 100 });
    await bringOver(old, database);
    await old.query('DROP TABLE __diesel_schema_migrations');
    await expect(bringOver(old, database)).rejects.toThrow(/^A different source .* Pass --another-source/);
    expect(await messages(database)).toBe(100);

    await using second = await oldDatabase({ noted: false });
    await fillOldDatabase(second.url, { ...HISTORY, messages: 30 });
    const report = await bringOver(second, database, { anotherSource: true });
    expect(agrees(report)).toBe(true);
    expect(await messages(database)).toBe(130);
    // It is known by now.
    expect(await bringOver(second, database)).toEqual(report);
  });

  it('has its own collector number for all runs, and is not a running server', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await fillOldDatabase(old.url, { ...HISTORY, messages: 10 });
    await bringOver(old, database);
    const known = 'SELECT number, host, version FROM collectors';
    const before = await database.query<{ number: number }>(known);
    expect(before).toHaveLength(1);
    await old.query(
      "INSERT INTO substrate_logs (created_at, logs, peer_connection_id) VALUES ('2021-01-01', '{}', 5)",
    );
    expect(agrees(await bringOver(old, database))).toBe(true);
    expect(await database.query(known)).toEqual(before);
    const number = before[0]?.number ?? 0;
    expect(
      await database.query(
        'SELECT DISTINCT collector, peer_connection_id::float8 AS id FROM tetcore_logs ORDER BY 2',
      ),
    ).toEqual([1, 2, 3, 4, 5].map((id) => ({ collector: number, id: number * 2 ** 32 + id })));
    expect(await onDatabase(database.url, liveServers)).toEqual([]);
  });

  it('must have ids as 0.1.4 creates them', async () => {
    await using old = await oldDatabase();
    await using target = TestDatabase.missing();
    await old.query("INSERT INTO peer_connections (id, ip_addr) VALUES (-1, '1.1.1.1')");
    await expect(bringOver(old, target)).rejects.toThrow('peer_connections of the source has ids below 0');
    await old.query('ALTER TABLE peer_connections ALTER id TYPE bigint');
    await old.query('UPDATE peer_connections SET id = 4294967296');
    await expect(bringOver(old, target)).rejects.toThrow('or above 4294967295');
  });

  it('is distinguished from a diverged copy', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await fillOldDatabase(old.url, { ...HISTORY, messages: 100 });
    await using copy = await copyOf(old);
    await using dump = await copyOf(old);
    for (const [each, msg] of [[old, 'one'] as const, [copy, 'other'] as const]) {
      await each.query(
        `INSERT INTO substrate_logs (created_at, logs, peer_connection_id)
         SELECT '2020-12-01', jsonb_build_object('msg', $1::text), 1 FROM generate_series(1, 50)`,
        [msg],
      );
    }
    await bringOver(dump, database);
    // What is only longer than it was is the same, wherever it is.
    expect(agrees(await bringOver(old, database))).toBe(true);
    await expect(bringOver(copy, database)).rejects.toThrow(
      'The source differs from the source of the previous import',
    );
    expect(await messages(database)).toBe(150);
  });

  it('must not be a standby', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    // A standby takes minutes to make; what it would answer is answered by a function that hides PostgreSQL's own.
    await old.query(
      "CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    );
    const from = `${old.url}?options=-csearch_path%3Dpublic,pg_catalog`;
    await expect(bringOver(old, database, { from })).rejects.toThrow('The source is a standby');
  });

  it('is read without the transaction timeouts of its database', async () => {
    await using old = await oldDatabase();
    await old.query(`ALTER DATABASE ${nameOf(old)} SET idle_in_transaction_session_timeout = '50ms'`);
    const session = await openSession(old.url, 'a test', true);
    try {
      const { rows } = await session.query<{ setting: string }>(
        `SELECT setting FROM pg_settings
          WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout', 'statement_timeout')`,
      );
      expect(new Set(rows.map(({ setting }) => setting))).toEqual(new Set(['0']));
    } finally {
      await session.end();
    }
  });
});
