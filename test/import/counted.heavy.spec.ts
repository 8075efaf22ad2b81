import { describe, expect, it } from 'vitest';
import { AdvisoryLock } from '../../src/storage/index.js';
import { agrees, type ImportProgress } from '../../src/import/index.js';
import { reportText } from '../../src/import/import-output.js';
import { TestDatabase } from '../support/databases.js';
import { bringOver } from './importing.js';
import { fillOldDatabase, oldDatabase } from '../support/old-database.js';
import { onDatabase } from '../support/on-database.js';
import { waitUntil } from '../support/wait-until.js';

const HISTORY = { connections: 5, from: '2020-11-20', days: 3 };

/** Tells of one thing that happens. */
const progressWith = (told: Partial<ImportProgress>): ImportProgress => ({
  begin: () => undefined,
  advance: () => undefined,
  log: () => undefined,
  end: () => undefined,
  ...told,
});

describe('the final count of an import', { timeout: 60_000 }, () => {
  it('counts rows in the target, not only recorded ranges', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await fillOldDatabase(old.url, { ...HISTORY, messages: 100 });
    await old.query("INSERT INTO benchmarks (setup) VALUES ('{}'), ('{}')");
    const whole = await bringOver(old, database);
    expect(agrees(whole)).toBe(true);
    expect(whole.stored).toEqual([
      { table: 'tetcore_logs', stored: 100, missing: 0, surplus: 0 },
      { table: 'peer_connections', stored: 5, missing: 0, surplus: 0 },
      { table: 'host_systems', stored: 0, missing: 0, surplus: 0 },
      { table: 'benchmarks', stored: 2, missing: 0, surplus: 0 },
      { table: 'benchmark_events', stored: 0, missing: 0, surplus: 0 },
    ]);

    await database.query(
      "INSERT INTO logs_expiring SELECT * FROM logs_expiring WHERE created_at < '2020-11-21'",
    );
    const more = await bringOver(old, database);
    expect(agrees(more)).toBe(false);
    expect(reportText(more)).toMatch(/^tetcore_logs: the target has \d+ more rows than were imported\.$/m);

    await database.query('TRUNCATE logs_expiring, logs_audit');
    await database.query('DELETE FROM benchmarks WHERE id = 1');
    const fewer = await bringOver(old, database);
    expect(agrees(fewer)).toBe(false);
    expect(reportText(fewer)).toContain('tetcore_logs: 100 imported rows are missing in the target.');
    expect(reportText(fewer)).toContain('benchmarks: 1 imported rows are missing in the target.');
  });

  it('does not report purged rows as missing', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await old.query(
      `INSERT INTO peer_connections (ip_addr, created_at) VALUES ('1.1.1.1', now() - interval '9 days'), ('2.2.2.2', now())`,
    );
    await old.query(
      `INSERT INTO substrate_logs (created_at, logs, peer_connection_id)
       VALUES (now() - interval '9 days', '{}', 1), (now(), '{}', 2)`,
    );
    expect(agrees(await bringOver(old, database, { environment: { LOG_EXPIRY_H: '480' } }))).toBe(true);
    await database.query("DELETE FROM logs_expiring WHERE created_at < now() - interval '8 days'");
    await database.query("DELETE FROM peer_connections WHERE ip_addr = '1.1.1.1'");
    expect(agrees(await bringOver(old, database, { environment: { LOG_EXPIRY_H: '480' } }))).toBe(false);
    expect(agrees(await bringOver(old, database, { environment: { LOG_EXPIRY_H: '48' } }))).toBe(true);
    await database.query('DELETE FROM logs_expiring');
    expect(agrees(await bringOver(old, database, { environment: { LOG_EXPIRY_H: '48' } }))).toBe(false);
  });

  it('is incomplete if rows were added during the import', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await fillOldDatabase(old.url, { ...HISTORY, messages: 100 });
    await old.query("INSERT INTO benchmarks (setup) VALUES ('{}')");
    const begun = new Set<string>();
    const progress = progressWith({ begin: (table) => begun.add(table) });
    const first = await onDatabase(database.url, async (holder) => {
      await holder.query('BEGIN; LOCK TABLE benchmarks');
      const running = bringOver(old, database, { progress });
      await waitUntil(() => begun.has('benchmarks'), {
        what: 'the benchmarks, behind the messages',
        timeoutMs: 30_000,
      });
      await old.query(
        "INSERT INTO substrate_logs (created_at, logs, peer_connection_id) VALUES ('2021-01-01', '{}', 1)",
      );
      await holder.query('COMMIT');
      return await running;
    });
    expect(first.tables[0]).toMatchObject({ sourceRows: 100, newer: 1 });
    expect(agrees(first)).toBe(false);
    expect(agrees(await bringOver(old, database))).toBe(true);
  });

  it('limits the number of partitions', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await old.query("INSERT INTO peer_connections (ip_addr, audit) VALUES ('1.1.1.1', true)");
    await old.query(
      `INSERT INTO substrate_logs (created_at, logs, peer_connection_id)
       SELECT '1970-01-15'::timestamp + n * interval '1 month', '{}', 1 FROM generate_series(1, 400) AS n`,
    );
    const partitions = "SELECT FROM pg_inherits WHERE inhparent = 'logs_audit'::regclass";
    const before = (await database.query(partitions)).length;
    await expect(bringOver(old, database)).rejects.toThrow(
      /^The messages span too many partitions.*logs_audit would have more than 300 partitions/,
    );
    expect(await database.query(partitions)).toHaveLength(before);
    await old.query('DELETE FROM substrate_logs WHERE id > 10');
    expect(agrees(await bringOver(old, database))).toBe(true);
  });

  it('keeps messages of a node with an invalid name', async () => {
    await using old = await oldDatabase({ encoding: 'SQL_ASCII' });
    await using database = await TestDatabase.create();
    await old.query(
      `INSERT INTO peer_connections (ip_addr, peer_id, name)
       VALUES ('1.1.1.1', 'Qm1', convert_from('\\x4dfc6c6c6572', 'SQL_ASCII')), ('2.2.2.2', 'Qm2', 'Ünïcödé 🦀')`,
    );
    await old.query(
      `INSERT INTO substrate_logs (created_at, logs, peer_connection_id)
       SELECT '2020-01-01', '{"msg": "x"}', 1 + n % 2 FROM generate_series(1, 40) AS n`,
    );
    const report = await bringOver(old, database);
    expect(report.tables.map(({ imported }) => imported)).toEqual([40, 2, 0, 0, 0]);
    expect(agrees(report)).toBe(true);
    expect(await database.query('SELECT peer_id, name FROM peer_connections ORDER BY peer_id')).toEqual([
      { peer_id: 'Qm1', name: 'M\uFFFDller' },
      { peer_id: 'Qm2', name: 'Ünïcödé 🦀' },
    ]);
  });
});

describe('a concurrent import', { timeout: 60_000 }, () => {
  it('gets the lock before later transactions, and reports that it waits', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await fillOldDatabase(old.url, { ...HISTORY, messages: 100 });
    await bringOver(old, database);
    const lock = `SELECT pg_advisory_xact_lock_shared(${AdvisoryLock.Import.toString()}, hashtext(source::text)) FROM imports`;
    const said: string[] = [];
    await onDatabase(database.url, async (first) => {
      await first.query('BEGIN');
      await first.query(lock);
      const running = bringOver(old, database, {
        progress: progressWith({ log: (what) => said.push(what) }),
      });
      const waiting = (count: number): Promise<boolean> =>
        waitUntil(
          async () =>
            (await database.query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
              .length === count,
          { what: `${count} that wait`, timeoutMs: 30_000 },
        );
      await waiting(1);
      expect(said[0]).toContain('Another import of this source is running');
      await onDatabase(database.url, async (later) => {
        await later.query('BEGIN');
        const gotIt = later.query(lock);
        // Behind the import that waits, though it would share the lock with the first one.
        await waiting(2);
        await first.query('COMMIT');
        await gotIt;
        const [row] = (await later.query<{ runs: number }>('SELECT count(*)::int AS runs FROM imports')).rows;
        expect(row).toEqual({ runs: 1 });
        await later.query('COMMIT');
      });
      expect(agrees(await running)).toBe(true);
    });
  });
});
