import { describe, expect, it } from 'vitest';
import type { ConnectionSnapshot } from '../../../src/storage/index.js';
import { batch, numberedRows, row, snapshot, TEST_COLLECTOR } from '../../support/batches.js';
import { TestDatabase } from '../../support/databases.js';
import { onDatabase } from '../../support/on-database.js';
import { TestStorage } from '../../support/test-storage.js';

const count = async (database: TestDatabase, table: string): Promise<number> =>
  (await database.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]?.n ?? -1;

describe('storing a batch', () => {
  it('keeps every field as it was received, in the table of its path', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const at = Date.now();
    const connection = snapshot({
      createdAt: at,
      sysinfo: '{"memory": 18446744073709551615}',
      startupTime: at,
      types: [0, 1, 17],
    });
    const rows = [
      row({
        at,
        connectionId: connection.id,
        msg: null,
        logs: '{"a":"tab\\tnew\\nline \\\\ \\"","b":[1.50]}',
      }),
      row({ at, connectionId: connection.id, msg: 'a\tb', logs: '{"n":18446744073709551615,"msg":"a\\tb"}' }),
      row({ at, connectionId: connection.id, msg: 'größer' }),
      row({ at, connectionId: connection.id, msg: 'block.import' }),
    ];
    const result = await storage.store(batch({ expiring: rows, audit: rows, connections: [connection] }));
    expect(result).toEqual({ duplicate: false, rejected: [] });
    const kept = [
      { msg: null, logs: '{"a": "tab\\tnew\\nline \\\\ \\"", "b": [1.50]}', at: at.toString() },
      { msg: 'a\tb', logs: '{"n": 18446744073709551615, "msg": "a\\tb"}', at: at.toString() },
      { msg: 'größer', logs: '{"msg": "größer"}', at: at.toString() },
      { msg: 'block.import', logs: '{"msg": "block.import"}', at: at.toString() },
    ];
    for (const audit of [false, true]) {
      const found = await database.query(
        `SELECT msg, logs::text, (extract(epoch FROM created_at) * 1000)::bigint AS at
           FROM tetcore_logs WHERE audit = $1 AND peer_connection_id = $2 ORDER BY id`,
        [audit, connection.id],
      );
      expect(found).toEqual(kept);
    }
    const [stored] = await database.query(
      'SELECT id::float8, collector, types, sysinfo::text, startup_time::text, created_at, ended_at FROM peer_connections',
    );
    expect(stored).toEqual({
      id: connection.id,
      collector: TEST_COLLECTOR.number,
      types: [0, 1, 17],
      sysinfo: '{"memory": 18446744073709551615}',
      startup_time: at.toString(),
      created_at: new Date(at),
      ended_at: null,
    });
  });

  it('happens once, for repeated and for concurrent calls', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    await using other = new TestStorage(database.url);
    const one = batch({ expiring: numberedRows(300), audit: numberedRows(200) });
    const results = await Promise.all(
      Array.from({ length: 16 }, (_, n) => (n % 2 === 0 ? storage : other).store(one)),
    );
    results.push(await storage.store(one));
    expect(results.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(await count(database, 'logs_expiring')).toBe(300);
    expect(await count(database, 'logs_audit')).toBe(200);
    expect(await count(database, 'ingest_batches WHERE id NOT IN (SELECT id FROM collectors)')).toBe(1);
  });

  it('stores rejected rows in rejected_messages with the reason, and all others', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const connection = snapshot();
    const reasons: [state: string, logs: string | Buffer][] = [
      ['22P02', '{"broken":'],
      ['22P02', ''],
      ['22P02', '{"a":"\\ud800"}'],
      ['22P05', '{"a":"\\u0000"}'],
      ['22021', '{"a":"\0"}'],
      ['22021', Buffer.from([0x22, 0xc3, 0x28, 0x22])],
      ['22003', '{"a":1e200000}'],
    ];
    const bad = reasons.map(([, logs]) => row({ connectionId: connection.id, logs }));
    const good = numberedRows(500);
    const expiring = [...good.slice(0, 3), ...bad, ...good.slice(3)];
    const result = await storage.store(
      batch({ expiring, audit: [row(), ...bad.slice(0, 1)], connections: [connection] }),
    );
    expect(result.duplicate).toBe(false);
    expect(result.rejected.map(({ path, reason }) => `${path} ${reason}`).sort()).toEqual(
      [
        ...reasons.map(([state]) => `/ refused_by_database_${state}`),
        '/audit refused_by_database_22P02',
      ].sort(),
    );
    expect(await database.query("SELECT logs->>'n' AS n FROM logs_expiring ORDER BY id")).toEqual(
      good.map((_, n) => ({ n: n.toString() })),
    );
    expect(await count(database, 'logs_audit')).toBe(1);
    expect(await count(database, 'peer_connections')).toBe(1);
    const rejected = await database.query<{ reason: string; head: Buffer; id: number; fresh: boolean }>(
      `SELECT reason, head, peer_connection_id::float8 AS id, received_at > now() - interval '1 minute' AS fresh, size
         FROM rejected_messages WHERE path = '/'`,
    );
    expect(rejected).toHaveLength(bad.length);
    expect(rejected).toContainEqual({
      reason: 'refused_by_database_22P02',
      head: Buffer.from('{"broken":'),
      id: connection.id,
      fresh: true,
      size: 10,
    });
    expect(rejected.every(({ fresh }) => fresh)).toBe(true);
    expect(await storage.store(batch({ expiring: [row()] }))).toEqual({ duplicate: false, rejected: [] });
  });

  it('rejects rows that an index of a team rejects, by division by zero too', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    await storage.store(batch({ expiring: [row({ logs: '{"n":1}' })] }));
    await database.query("CREATE INDEX ON logs_expiring ((1 / (logs->>'n')::integer))");
    const rows = ['{"n":2}', '{"n":0}', '{"n":3}'].map((logs) => row({ logs }));
    const result = await storage.store(batch({ expiring: rows }));
    expect(result).toMatchObject({ duplicate: false, rejected: [{ reason: 'refused_by_database_22012' }] });
    expect(await count(database, 'logs_expiring')).toBe(3);
  });

  it('stores a batch whose rows are all rejected', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const expiring = Array.from({ length: 1024 }, () => row({ logs: '{"broken":' }));
    const { rejected } = await storage.store(batch({ expiring }));
    expect(rejected).toHaveLength(1024);
    expect(await count(database, 'rejected_messages')).toBe(1024);
  });

  it('skips a rejected update of a connection, and what cannot be stored in rejected_messages', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const [good, bad, bounds] = [
      snapshot({ name: 'good' }),
      snapshot({ name: 'NUL: \0' }),
      snapshot({ name: 'bounds', oldestCreatedAt: Infinity, newestCreatedAt: -Infinity }),
    ];
    const rejected = ['invalid_json', 'NUL: \0'].map((reason) => ({
      receivedAt: Date.now(),
      connectionId: null,
      path: '/',
      ipAddr: '127.0.0.1',
      reason,
      size: 3,
      head: Buffer.from([0, 0xff, 0x5c]),
    }));
    await storage.store(batch({ expiring: [row()], connections: [bad, good, bounds], rejected }));
    expect(await database.query('SELECT name FROM peer_connections ORDER BY name')).toEqual([
      { name: 'bounds' },
      { name: 'good' },
    ]);
    expect(await database.query('SELECT reason, head FROM rejected_messages')).toEqual([
      { reason: 'invalid_json', head: Buffer.from([0, 0xff, 0x5c]) },
    ]);
    expect(await count(database, 'logs_expiring')).toBe(1);
  });

  it('keeps the latest snapshot of a connection, in any order of arrival', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const news = (revision: number, more: Partial<ConnectionSnapshot> = {}): ConnectionSnapshot => ({
      ...first,
      revision,
      name: `revision ${revision}`,
      ...more,
    });
    const first = snapshot();
    for (const one of [
      news(2),
      news(1),
      news(4, { endedAt: Date.now(), endReason: 'closed', endCode: 1000 }),
      news(3),
      news(4, { name: 'the same again' }),
    ]) {
      await storage.store(batch({ connections: [one] }));
    }
    expect(await database.query('SELECT name, revision, end_reason FROM peer_connections')).toEqual([
      { name: 'revision 4', revision: 4, end_reason: 'closed' },
    ]);
  });

  it('does not deadlock if two batches have the same connections in opposite order', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const connections = Array.from({ length: 200 }, () => snapshot());
    for (let revision = 1; revision <= 20; revision += 2) {
      await Promise.all(
        [0, 1].map((more) => {
          const news = connections.map((one) => ({ ...one, revision: revision + more }));
          return storage.store(batch({ connections: more === 0 ? news : news.reverse() }));
        }),
      );
    }
    expect(await database.query('SELECT DISTINCT revision FROM peer_connections')).toEqual([
      { revision: 20 },
    ]);
    const [stats] = await database.query(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(stats).toEqual({ deadlocks: 0 });
  });

  it('fails without rejecting rows if the database is at fault', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const one = batch({ expiring: numberedRows(10) });
    const name = new URL(database.url).pathname.slice(1);
    const faults: [breaks: string, repairs: string, code: string][] = [
      [
        "ALTER TABLE logs_expiring ADD CONSTRAINT mine CHECK (logs->>'n' <> '3')",
        'ALTER TABLE logs_expiring DROP CONSTRAINT mine',
        '23514',
      ],
      [
        'ALTER TABLE logs_expiring ADD COLUMN mine int NOT NULL DEFAULT 1; ALTER TABLE logs_expiring ALTER COLUMN mine DROP DEFAULT',
        'ALTER TABLE logs_expiring DROP COLUMN mine',
        '23502',
      ],
      [
        'ALTER SEQUENCE logs_id_seq MAXVALUE 2 RESTART 1',
        'ALTER SEQUENCE logs_id_seq NO MAXVALUE RESTART 1000',
        '2200H',
      ],
      ['ALTER TABLE ingest_batches RENAME TO gone', 'ALTER TABLE gone RENAME TO ingest_batches', '42P01'],
      [
        `ALTER DATABASE ${name} SET default_transaction_read_only = on`,
        `ALTER DATABASE ${name} RESET default_transaction_read_only`,
        '25006',
      ],
    ];
    await storage.store(batch({ expiring: [row()] }));
    for (const [breaks, repairs, code] of faults) {
      await database.query(breaks);
      {
        // What is set for the database holds for new sessions.
        await using fresh = new TestStorage(database.url);
        await expect(fresh.store(one)).rejects.toMatchObject({ code });
      }
      await onAnySession(database, repairs);
    }
    expect(await storage.store(one)).toEqual({ duplicate: false, rejected: [] });
    expect(await count(database, 'rejected_messages')).toBe(0);
    expect(await count(database, 'logs_expiring')).toBe(11);
  });
});

/** Also where sessions are read-only by default. */
async function onAnySession(database: TestDatabase, sql: string): Promise<void> {
  await onDatabase(database.url, async (client) => {
    await client.query('SET default_transaction_read_only = off');
    await client.query(sql);
  });
}
