import type { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { listPartitions, type Partition } from '../../src/storage/partitions/partition-catalogue.js';
import { batch, row } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';
import { FakeNode } from '../support/fake-node.js';
import { TestPurge } from '../support/test-purge.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';
import { waitUntil } from '../support/wait-until.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 4, 20, 10, 30);

const partitions = (database: TestDatabase): Promise<Partition[]> =>
  onDatabase(database.url, (client) => listPartitions(client, 'logs_expiring'));

const names = async (database: TestDatabase): Promise<string[]> =>
  (await partitions(database)).map(({ name }) => name);

/** Whether every moment between two lies in exactly one partition. */
function cover(found: readonly Partition[], first: number, last: number): boolean {
  const inside = found.filter((range) => range.to > first && range.from <= last);
  const gaps = inside.some((range, index) => range.from !== (inside[index - 1]?.to ?? range.from));
  return !gaps && (inside[0]?.from ?? Infinity) <= first && (inside.at(-1)?.to ?? -Infinity) > last;
}

describe('partitions', () => {
  it('are created ahead of time, with the width by LOG_EXPIRY_H; those of audit are months', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '240' } });
    await storage.partitions.ensureAhead(NOW);
    await storage.partitions.ensureAhead(NOW + DAY);
    expect(await names(database)).toEqual([
      'logs_expiring_2026052000',
      'logs_expiring_2026052100',
      'logs_expiring_2026052200',
      'logs_expiring_2026052300',
    ]);
    expect(await onDatabase(database.url, (client) => listPartitions(client, 'logs_audit'))).toEqual([
      { name: 'logs_audit_2026050100', from: Date.UTC(2026, 4), to: Date.UTC(2026, 5) },
    ]);
  });

  it('are created on demand for messages of the past days', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '240' } });
    await storage.store(batch({ expiring: [row({ at: NOW - 7 * DAY }), row({ at: NOW - 5 * DAY })] }));
    expect(await names(database)).toEqual(['logs_expiring_2026051300', 'logs_expiring_2026051500']);
  });

  it('are created for the hours of the messages of a batch, and not for the years between', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '24' } });
    await using purge = await TestPurge.open(database.url, 24);
    // As of a clock that was at 2019, and set while the batch was open.
    const long = Date.UTC(2019, 0, 1);
    const rows = [row({ at: long }), row({ at: long + 90 * 60_000 }), row({ at: NOW }), row({ at: NOW + 1 })];
    const [one, other] = [batch({ expiring: rows }), batch({ expiring: rows })];
    await storage.store(one);
    const made = ['logs_expiring_2019010100', 'logs_expiring_2019010101', 'logs_expiring_2026052010'];
    expect(await names(database)).toEqual(made);
    // The next one knows of them, also after a purge: its first attempt finds that they are gone.
    expect((await purge.done(NOW)).partitions).toHaveLength(2);
    await expect(storage.store(other)).rejects.toMatchObject({ code: '23514' });
    expect(await storage.store(other)).toEqual({ duplicate: false, rejected: [] });
    expect(await names(database)).toEqual(made);
    expect((await purge.done(NOW)).partitions).toHaveLength(2);
    expect(await database.query('SELECT FROM logs_expiring')).toHaveLength(4);
  });

  it('are created once, by any number of servers at the same time', async () => {
    await using database = await TestDatabase.create();
    const servers = Array.from(
      { length: 6 },
      () => new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '24' } }),
    );
    try {
      await Promise.all(servers.map(({ partitions }) => partitions.ensureAhead(NOW)));
    } finally {
      for (const server of servers) await server[Symbol.asyncDispose]();
    }
    const found = await partitions(database);
    expect(found).toHaveLength(49);
    expect(cover(found, NOW, NOW + 2 * DAY)).toBe(true);
  });

  it('fill the gaps between those of another width after expiry has changed, in both directions', async () => {
    await using database = await TestDatabase.create();
    for (const [expiry, at] of [
      ['240', NOW],
      ['24', NOW + DAY],
      ['280320', NOW + 3 * DAY],
      ['48', NOW + 20 * DAY],
    ] as const) {
      await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: expiry } });
      await storage.partitions.ensureAhead(at);
      await storage.partitions.ensure('logs_expiring', at - DAY, at + DAY);
      await storage.store(batch({ expiring: [row({ at: at - DAY }), row({ at: at + DAY })] }));
    }
    const found = await partitions(database);
    expect(cover(found, NOW - DAY, NOW + 5 * DAY)).toBe(true);
    expect(cover(found, NOW + 19 * DAY, NOW + 22 * DAY)).toBe(true);
    expect(new Set(found.map(({ from, to }) => (to - from) / HOUR)).size).toBeGreaterThanOrEqual(3);
    expect(await database.query('SELECT count(*)::int AS n FROM logs_expiring')).toEqual([{ n: 8 }]);
  });

  it('are created again if they were dropped, and no message is lost', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { DB_SAVE_LATENCY_MS: '1' });
    const node = await FakeNode.connect(server.ws);
    const stored = (count: number): Promise<boolean> =>
      waitUntil(
        async () =>
          (await database.query('SELECT FROM tetcore_logs WHERE msg = $1', ['x.kept'])).length === count,
        { what: `${count} messages` },
      );
    await node.sendV1({ msg: 'x.first' });
    await waitUntil(
      () => database.query("SELECT FROM tetcore_logs WHERE msg = 'x.first'").then((r) => r.length),
      {
        what: 'the first message',
      },
    );
    for (const name of await names(database)) await database.query(`DROP TABLE ${name}`);
    await node.sendV1({ msg: 'x.kept' });
    await stored(1);
    await node.sendV1({ msg: 'x.kept' });
    await stored(2);
    await node.close();
  });

  it('are created during a long-running read', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    await storage.partitions.ensureAhead(NOW);
    await onDatabase(database.url, async (reader) => {
      await reader.query('BEGIN');
      await reader.query('SELECT count(*) FROM tetcore_logs');
      await storage.store(batch({ expiring: [row({ at: NOW - 40 * DAY })] }));
      await reader.query('COMMIT');
    });
    expect(await names(database)).toEqual(['logs_expiring_2026040100', 'logs_expiring_2026050100']);
  });

  it('are not awaited longer than two seconds while the table is locked', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const startedAt = performance.now();
    await onDatabase(database.url, async (other) => {
      await other.query('BEGIN');
      await other.query('LOCK TABLE logs_expiring IN SHARE ROW EXCLUSIVE MODE');
      await expect(storage.partitions.ensure('logs_expiring', NOW, NOW)).rejects.toMatchObject({
        code: '55P03',
      });
      expect(performance.now() - startedAt).toBeLessThan(4_000);
    });
    await storage.partitions.ensure('logs_expiring', NOW, NOW);
    expect(await names(database)).toEqual(['logs_expiring_2026050100']);
  });

  it('get another name if theirs belongs to a detached table', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    await storage.store(batch({ expiring: [row({ at: NOW })] }));
    await database.query('ALTER TABLE logs_expiring DETACH PARTITION logs_expiring_2026050100');
    storage.partitions.forget('logs_expiring');
    await storage.store(batch({ expiring: [row({ at: NOW })] }));
    expect(await names(database)).toEqual(['logs_expiring_2026050100_1']);
    expect(await database.query('SELECT FROM logs_expiring_2026050100')).toHaveLength(1);
  });

  it('coexist with partitions of an administrator: with open bounds, and the default one', async () => {
    await using database = await TestDatabase.create();
    await database.query(
      `CREATE TABLE older PARTITION OF logs_expiring FOR VALUES FROM (MINVALUE) TO ('2026-05-10 00:00:00+00')`,
    );
    await database.query('CREATE TABLE others PARTITION OF logs_expiring DEFAULT');
    await using storage = new TestStorage(database.url);
    await storage.store(batch({ expiring: [row({ at: NOW - 30 * DAY }), row({ at: NOW })] }));
    expect(await partitions(database)).toEqual([
      { name: 'older', from: -Infinity, to: Date.UTC(2026, 4, 10) },
      { name: 'logs_expiring_2026051000', from: Date.UTC(2026, 4, 10), to: Date.UTC(2026, 5) },
    ]);
  });

  it('begin at midnight UTC with any time zone and date style of the database', async () => {
    await using database = await TestDatabase.create();
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`ALTER DATABASE ${name} SET datestyle = 'SQL, DMY'`);
    await database.query(`ALTER DATABASE ${name} SET timezone = 'Asia/Kolkata'`);
    await database.query(`ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`);
    await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '240' } });
    // The second day: 13 is no month, so that days and months cannot be taken for each other unnoticed.
    const at = Date.UTC(2026, 5, 1, 23, 30);
    await storage.store(batch({ expiring: [row({ at })] }));
    await using other = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '240' } });
    await other.store(batch({ expiring: [row({ at }), row({ at: at + DAY })] }));
    const inZone = async (client: Client, zone: string): Promise<Partition[]> => {
      await client.query(`SET datestyle = ISO`);
      await client.query(`SET timezone = '${zone}'`);
      return await listPartitions(client, 'logs_expiring');
    };
    const expected = [
      { name: 'logs_expiring_2026060100', from: Date.UTC(2026, 5, 1), to: Date.UTC(2026, 5, 2) },
      { name: 'logs_expiring_2026060200', from: Date.UTC(2026, 5, 2), to: Date.UTC(2026, 5, 3) },
    ];
    await onDatabase(database.url, async (client) => {
      for (const zone of ['UTC', 'Asia/Kolkata', 'America/St_Johns', 'Pacific/Auckland']) {
        expect(await inZone(client, zone)).toEqual(expected);
      }
      await client.query(`SET datestyle = 'SQL, DMY'`);
      await expect(listPartitions(client, 'logs_expiring')).rejects.toThrow('cannot be read');
    });
  });

  it('are created and written with a pool of one connection', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url, {
      environment: { DB_POOL_SIZE: '1', LOG_EXPIRY_H: '24' },
    });
    const batches = Array.from({ length: 12 }, (_, n) =>
      batch({ expiring: [row({ at: NOW - n * HOUR })], audit: [row({ at: NOW - n * 31 * DAY })] }),
    );
    await Promise.all([
      ...batches.map((one) => storage.store(one)),
      storage.partitions.ensureAhead(NOW),
      storage.collectors.heartbeat(),
      storage.collectors.sweep(),
    ]);
    expect(await database.query('SELECT count(*)::int AS n FROM tetcore_logs')).toEqual([{ n: 24 }]);
  });

  it('that are cached are not queried again', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    await storage.partitions.ensureAhead(NOW);
    await storage.close();
    await expect(storage.partitions.ensure('logs_expiring', NOW, NOW + DAY)).resolves.toBeUndefined();
    await expect(storage.partitions.ensure('logs_expiring', NOW, NOW + 90 * DAY)).rejects.toThrow();
  });
});
