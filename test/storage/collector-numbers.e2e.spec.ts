import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { type CollectorIdentity, collectorOf, connectionId, LOG_TABLES } from '../../src/storage/index.js';
import type { Batch } from '../../src/telemetry/index.js';
import { batch, row, snapshot } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { TestPurge } from '../support/test-purge.js';
import { TestStorage } from '../support/test-storage.js';

const DAY = 86_400_000;
const NUMBER = 1_234;
const FIRST = 77;

/** As a process with that number made it: a message of each kind, one that the database refuses, and one rejected. */
function batchOf(collector: CollectorIdentity, at = Date.now()): Batch {
  const id = connectionId(collector.number, FIRST);
  const of = (logs: string): ReturnType<typeof row> => row({ at, connectionId: id, msg: null, logs });
  const rejected = { receivedAt: at, path: '/', ipAddr: '192.0.2.7', size: 1, head: Buffer.from('?') };
  return {
    ...batch({
      id: uuidv7({ msecs: at }),
      collector,
      expiring: [of('{"n":1}'), of('{"n":2}')],
      audit: [of('{"n":3}'), of('{"broken":')],
      connections: [snapshot({ id, name: 'alice' })],
      rejected: [
        { ...rejected, connectionId: id, reason: 'invalid_json' },
        { ...rejected, connectionId: null, reason: 'invalid_utf8' },
      ],
    }),
    firstReceivedAt: at,
    sealedAt: at,
  };
}

const newCollector = (number = NUMBER): CollectorIdentity => ({ id: uuidv7(), number });

/** What the database holds, of which the number of the collector should be in every row and every id. */
async function content(database: TestDatabase): Promise<Record<string, unknown[]>> {
  const [messages, connections, batches, rejected] = await Promise.all(
    [
      "SELECT collector, peer_connection_id::float8 AS id, (logs->>'n')::int AS n FROM tetcore_logs ORDER BY 3",
      'SELECT collector, id::float8, name FROM peer_connections',
      'SELECT collector FROM ingest_batches WHERE id NOT IN (SELECT id FROM collectors)',
      'SELECT collector, peer_connection_id::float8 AS id, reason FROM rejected_messages ORDER BY reason',
    ].map((sql) => database.query(sql)),
  );
  return {
    messages: messages ?? [],
    connections: connections ?? [],
    batches: batches ?? [],
    rejected: rejected ?? [],
  };
}

function contentBy(collector: number): Record<string, unknown[]> {
  const id = connectionId(collector, FIRST);
  return {
    messages: [1, 2, 3].map((n) => ({ collector, id, n })),
    connections: [{ collector, id, name: 'alice' }],
    batches: [{ collector }],
    rejected: [
      { collector, id, reason: 'invalid_json' },
      { collector, id: null, reason: 'invalid_utf8' },
      { collector, id, reason: 'refused_by_database_22P02' },
    ],
  };
}

const numbers = async (database: TestDatabase): Promise<Map<string, number>> => {
  const rows = await database.query<CollectorIdentity>('SELECT id, number FROM collectors');
  return new Map(rows.map(({ id, number }) => [id, number]));
};

const register = (database: TestDatabase, { id, number }: CollectorIdentity): Promise<unknown> =>
  database.query(
    `INSERT INTO collectors (number, id, host, version, started_at, last_seen_at)
     VALUES ($1, $2, 'a-host', '0.0.0', now(), now())`,
    [number, id],
  );

describe('the number of a server process', () => {
  it('is the random one, if that is free', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const { id, number } = storage.collectorId.identity;
    await storage.collectors.heartbeat();
    await storage.collectors.heartbeat();
    expect(await numbers(database)).toEqual(new Map([[id, number]]));
    expect(storage.collectorId.identity).toEqual({ id, number });
  });

  it('is another one, if another process has the random one', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const { id, number } = storage.collectorId.identity;
    const other = newCollector(number);
    await register(database, other);
    await storage.collectors.heartbeat();
    const fresh = storage.collectorId.identity.number;
    expect(fresh).not.toBe(number);
    expect(await numbers(database)).toEqual(
      new Map([
        [other.id, number],
        [id, fresh],
      ]),
    );
    expect(collectorOf(storage.collectorId.nextConnectionId())).toBe(fresh);
  });

  it('is unique for many processes that choose the same at once', async () => {
    await using database = await TestDatabase.create();
    const processes = Array.from({ length: 8 }, () => new TestStorage(database.url));
    try {
      for (const { collectorId } of processes) collectorId.renumber(NUMBER);
      await Promise.all(processes.map(({ collectors }) => collectors.heartbeat()));
      const drawn = processes.map(({ collectorId }) => collectorId.identity);
      expect(new Set(drawn.map(({ number }) => number)).size).toBe(8);
      expect(drawn.filter(({ number }) => number === NUMBER)).toHaveLength(1);
      expect(await numbers(database)).toEqual(new Map(drawn.map(({ id, number }) => [id, number])));
    } finally {
      await Promise.all(processes.map((one) => one.close()));
    }
  });

  it('stays once connections have it, even if it belongs to another process in the database now', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    await storage.collectors.heartbeat();
    const { id, number } = storage.collectorId.identity;
    storage.collectorId.nextConnectionId();
    await database.query('DELETE FROM collectors');
    await register(database, newCollector(number));
    await storage.collectors.heartbeat();
    expect(storage.collectorId.identity).toEqual({ id, number });
    expect((await numbers(database)).get(id)).not.toBe(number);
  });
});

describe('a server process whose batch is stored by another one', () => {
  it('is registered as ended, with its start time, until its heartbeat', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    await storage.store(batchOf({ id: uuidv7({ msecs: at }), number: NUMBER }));
    const row = 'SELECT started_at, stopped_at IS NOT NULL AS stopped FROM collectors WHERE number = $1';
    expect(await database.query(row, [NUMBER])).toEqual([{ started_at: new Date(at), stopped: true }]);
    await using late = new TestStorage(database.url);
    await storage.store(batch({ collector: late.collectorId.identity }));
    const { number } = late.collectorId.identity;
    expect(await database.query(row, [number])).toMatchObject([{ stopped: true }]);
    await late.collectors.heartbeat();
    expect(await database.query(row, [number])).toMatchObject([{ stopped: false }]);
  });

  it('with another number than its own uses that after its heartbeat', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const { id, number } = storage.collectorId.identity;
    await register(database, { id, number: number === 1 ? 2 : number - 1 });
    await storage.collectors.heartbeat();
    expect(storage.collectorId.identity.number).toBe(number === 1 ? 2 : number - 1);
  });
});

describe('a batch is stored once, with the number of its collector in this database,', () => {
  it.each<[what: string, known: (collector: CollectorIdentity) => CollectorIdentity | undefined]>([
    ['where that is its own', (collector) => collector],
    ['where the collector is not known', () => undefined],
    ['where the collector is known by another number', ({ id }) => ({ id, number: 99 })],
    ['where the number is that of another collector', ({ number }) => newCollector(number)],
  ])('%s', async (_, known) => {
    await using database = await TestDatabase.create();
    const collector = newCollector();
    const there = known(collector);
    if (there !== undefined) await register(database, there);
    const one = batchOf(collector);
    {
      await using storage = new TestStorage(database.url);
      const result = await storage.store(one);
      expect(result).toMatchObject({ duplicate: false, rejected: [{ reason: 'refused_by_database_22P02' }] });
      expect(await storage.store(one)).toMatchObject({ duplicate: true, rejected: [] });
    }
    const number = (await numbers(database)).get(collector.id) ?? NaN;
    if (there?.id === collector.id) expect(number).toBe(there.number);
    else if (there === undefined) expect(number).toBe(collector.number);
    else expect(number).not.toBe(collector.number);
    expect(await content(database)).toEqual(contentBy(number));
    // As a journal that another process replays.
    await using next = new TestStorage(database.url);
    expect(await next.store(one)).toMatchObject({ duplicate: true, rejected: [] });
    expect(await content(database)).toEqual(contentBy(number));
  });

  it('also by several processes at once', async () => {
    await using database = await TestDatabase.create();
    await using one = new TestStorage(database.url);
    await using other = new TestStorage(database.url);
    const collector = newCollector();
    await register(database, newCollector());
    const brought = batchOf(collector);
    // Otherwise they wait for each other there first.
    for (const table of LOG_TABLES) await one.partitions.ensure(table, brought.sealedAt, brought.sealedAt);
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, n) => (n % 2 === 0 ? one : other).store(brought)),
    );
    expect(results.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    const number = (await numbers(database)).get(collector.id) ?? NaN;
    expect(await content(database)).toEqual(contentBy(number));
  });

  it('also after its ids were purged, because of holds_from', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const collector = newCollector();
    await register(database, newCollector());
    const at = Date.now() - 8 * DAY;
    const one = batchOf(collector, at);
    expect(await storage.store(one)).toMatchObject({ duplicate: false });
    await database.query("UPDATE ingest_batches SET stored_at = stored_at - interval '8 days'");
    await database.query('UPDATE collectors SET holds_from = $2 WHERE id = $1', [collector.id, uuidv7()]);
    await using purge = await TestPurge.open(database.url, 280_320);
    await purge.done(Date.now());
    expect((await content(database)).batches).toEqual([]);
    await using next = new TestStorage(database.url);
    expect(await next.store(one)).toMatchObject({ duplicate: true, rejected: [] });
    expect((await content(database)).messages).toHaveLength(3);
  });

  it('with the latest snapshots of its connections', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const collector = newCollector();
    await register(database, newCollector());
    const first = batchOf(collector);
    const [connection] = first.connections;
    expect.assert(connection !== undefined);
    const news = (revision: number, name: string): Batch =>
      batch({ collector, connections: [{ ...connection, revision, name }] });
    for (const one of [first, news(3, 'bob'), news(2, 'carol')]) await storage.store(one);
    expect(await database.query('SELECT name, revision FROM peer_connections')).toEqual([
      { name: 'bob', revision: 3 },
    ]);
  });
});
