import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { PACKAGE_VERSION } from '../../src/platform/config/index.js';
import { CollectorId } from '../../src/storage/index.js';
import { batch, newConnectionId, snapshot } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { PostgresProxy } from '../support/postgres-proxy.js';
import { TestStorage } from '../support/test-storage.js';

describe('CollectorRegistry', () => {
  it('records the start, the last heartbeat and the end of a process', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const read = async (): Promise<Record<string, unknown>> =>
      (
        await database.query(
          `SELECT number, id, host, version, started_at < last_seen_at AS seen_again, stopped_at >= last_seen_at AS stopped
           FROM collectors`,
        )
      )[0] ?? {};
    await storage.collectors.heartbeat();
    const row = { ...storage.collectorId.identity, host: hostname(), version: PACKAGE_VERSION };
    expect(await read()).toEqual({ ...row, seen_again: false, stopped: null });
    await storage.collectors.heartbeat();
    expect(await read()).toEqual({ ...row, seen_again: true, stopped: null });
    await storage.collectors.stop();
    expect(await read()).toEqual({ ...row, seen_again: true, stopped: true });
  });

  it('ends the connections of dead, stopped and unknown processes, and of no others', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    await using alive = new TestStorage(database.url);
    await using dead = new TestStorage(database.url);
    await using stopped = new TestStorage(database.url);
    for (const one of [storage, alive, dead, stopped]) await one.collectors.heartbeat();
    await stopped.collectors.stop();
    await database.query("UPDATE collectors SET last_seen_at = now() - interval '61 s' WHERE id = $1", [
      dead.collectorId.id,
    ]);
    const unknown = new CollectorId();
    for (const [name, { identity }, given] of [
      ['own', storage.collectorId, {}],
      ['alive', alive.collectorId, {}],
      ['dead', dead.collectorId, {}],
      ['stopped', stopped.collectorId, {}],
      ['unknown', unknown, {}],
      [
        'dead, but it closed its socket',
        dead.collectorId,
        { endedAt: Date.UTC(2026, 0, 3), endReason: 'closed' },
      ],
    ] as const) {
      const id = newConnectionId(identity.number);
      const connection = snapshot({ id, name, lastMessageAt: Date.UTC(2026, 0, 2), ...given });
      await storage.store(batch({ collector: identity, connections: [connection] }));
    }
    await database.query('DELETE FROM collectors WHERE id = $1', [unknown.id]);
    await Promise.all([storage.collectors.sweep(), alive.collectors.sweep()]);
    const lost = { end_reason: 'collector_lost', ended_at: new Date('2026-01-02') };
    const open = { end_reason: null, ended_at: null };
    expect(
      await database.query('SELECT name, end_reason, ended_at FROM peer_connections ORDER BY name'),
    ).toEqual([
      { name: 'alive', ...open },
      { name: 'dead', ...lost },
      { name: 'dead, but it closed its socket', end_reason: 'closed', ended_at: new Date('2026-01-03') },
      { name: 'own', ...open },
      { name: 'stopped', ...lost },
      { name: 'unknown', ...lost },
    ]);
  });

  it('clears the types of a lost connection: the batch with the last one may be lost too', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const connection = snapshot({ types: [2] });
    await storage.store(batch({ connections: [connection] }));
    await database.query('DELETE FROM collectors');
    await storage.collectors.sweep();
    expect(await database.query('SELECT end_reason, types FROM peer_connections')).toEqual([
      { end_reason: 'collector_lost', types: null },
    ]);
  });

  it('allows a process that seemed dead to reopen its connections', async () => {
    await using database = await TestDatabase.create();
    await using away = new TestStorage(database.url);
    await using other = new TestStorage(database.url);
    await away.collectors.heartbeat();
    const collector = away.collectorId.identity;
    const connection = snapshot({ id: away.collectorId.nextConnectionId() });
    await away.store(batch({ collector, connections: [connection] }));
    await database.query("UPDATE collectors SET last_seen_at = now() - interval '61 s'");
    await other.collectors.sweep();
    const ended = 'SELECT end_reason, ended_at IS NOT NULL AS ended FROM peer_connections';
    expect(await database.query(ended)).toEqual([{ end_reason: 'collector_lost', ended: true }]);
    await away.collectors.heartbeat();
    await away.store(batch({ collector, connections: [{ ...connection, revision: 2 }] }));
    await other.collectors.sweep();
    expect(await database.query(ended)).toEqual([{ end_reason: null, ended: false }]);
  });

  it('ends any number of connections, in chunks', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    await storage.store(batch({ connections: Array.from({ length: 5 }, () => snapshot()) }));
    await database.query('DELETE FROM collectors');
    const columns = await database.query<{ name: string }>(
      `SELECT quote_ident(attname) AS name FROM pg_attribute
        WHERE attrelid = 'peer_connections'::regclass AND attnum > 0 AND attname <> 'id' AND attgenerated = ''`,
    );
    const others = columns.map(({ name }) => name).join(', ');
    await database.query(
      `INSERT INTO peer_connections (id, ${others})
       SELECT id + 1000000 * n, ${others} FROM peer_connections, generate_series(1, 1000) AS n`,
    );
    await storage.collectors.sweep();
    expect(await database.query('SELECT end_reason, count(*)::int FROM peer_connections GROUP BY 1')).toEqual(
      [{ end_reason: 'collector_lost', count: 5_005 }],
    );
  });

  it('updates the heartbeat while every writer is busy', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url, { environment: { DB_POOL_SIZE: '1' } });
    await storage.pool.withClient(async () => {
      await storage.collectors.heartbeat();
    });
    expect(await database.query('SELECT id FROM collectors')).toEqual([{ id: storage.collectorId.id }]);
  });

  it('does not delay the stop of a process whose database is frozen', async () => {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    await using storage = new TestStorage(proxy.url);
    await storage.collectors.heartbeat();
    proxy.freeze();
    const startedAt = performance.now();
    await storage.collectors.stop();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });
});
