import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { Journal } from '../../../src/delivery/journal/index.js';
import { JournalReplay } from '../../../src/delivery/journal-replay.js';
import { NO_UNSTORED_BATCHES } from '../../../src/storage/index.js';
import type { Batch } from '../../../src/telemetry/index.js';
import { batch, newConnectionId, row } from '../../support/batches.js';
import { TestDatabase } from '../../support/databases.js';
import { tempDir } from '../../support/temp-dir.js';
import { TestPurge } from '../../support/test-purge.js';
import { TestServer } from '../../support/test-server.js';
import { TestStorage } from '../../support/test-storage.js';
import { waitUntil } from '../../support/wait-until.js';

const DAY = 86_400_000;
const SEALED_AT = Date.now() - 8 * DAY;
const COLLECTOR = { id: uuidv7({ msecs: SEALED_AT - 1_000 }), number: 2_000 };

/** Batches of one burst: of one connection, of one type and of one moment, so that no message is unlike another. */
function burst(): Batch[] {
  const connectionId = newConnectionId(COLLECTOR.number);
  return [1, 2, 3].map((n) => ({
    ...batch({
      id: uuidv7({ msecs: SEALED_AT + n }),
      collector: COLLECTOR,
      expiring: Array.from({ length: 10 }, () => row({ at: SEALED_AT, connectionId })),
    }),
    firstReceivedAt: SEALED_AT,
    sealedAt: SEALED_AT,
  }));
}

const dirs: string[] = [];
afterAll(async () => {
  for (const dir of dirs) await rm(dir, { recursive: true, force: true });
});

/** As a process left it that was killed: a journal with all of them. */
async function journalOf(batches: readonly Batch[]): Promise<string> {
  const dataDir = await tempDir('old-journal');
  dirs.push(dataDir);
  const journal = await Journal.open({
    directory: join(dataDir, 'journal'),
    id: COLLECTOR.id,
    maxBytes: 1024 ** 3,
    logger: { warn: () => undefined },
    onDamage: () => undefined,
  });
  for (const one of batches) journal.append(one);
  await journal.close();
  return dataDir;
}

/** Stores some of them as their process did, eight days ago. */
async function storedThen(database: TestDatabase, batches: readonly Batch[]): Promise<void> {
  await using storage = new TestStorage(database.url);
  for (const one of batches) await storage.store(one);
  await database.query("UPDATE ingest_batches SET stored_at = stored_at - interval '8 days'");
  await database.query(
    `UPDATE collectors SET last_seen_at = last_seen_at - interval '8 days', stopped_at = NULL`,
  );
}

const stored = async (database: TestDatabase): Promise<number> =>
  (await database.query('SELECT FROM tetcore_logs')).length;

const holdsFrom = async (database: TestDatabase, collector: string): Promise<string | undefined> => {
  const rows = await database.query<{ from: string }>(
    'SELECT holds_from AS "from" FROM collectors WHERE id = $1',
    [collector],
  );
  return rows[0]?.from;
};

const gauge = async (server: TestServer, name: string): Promise<number | undefined> =>
  (await server.metric(name)).get('');

const purged = async (database: TestDatabase): Promise<void> => {
  await using purge = await TestPurge.open(database.url, 280_320);
  await purge.done(Date.now());
};

describe('a journal that is replayed after eight days', () => {
  it('stores only batches that were not stored before, even with equal messages', async () => {
    await using database = await TestDatabase.create();
    const batches = burst();
    await storedThen(database, batches.slice(0, 1));
    await purged(database);
    await using server = await TestServer.ready(database.url, { DATA_DIR: await journalOf(batches) });
    await waitUntil(async () => (await holdsFrom(database, COLLECTOR.id)) === NO_UNSTORED_BATCHES, {
      what: 'the journal to be stored',
      timeoutMs: 15_000,
    });
    expect(await stored(database)).toBe(30);
    const outcomes = await server.metric('tetcore_batches_total');
    expect(outcomes.get('outcome="duplicate"')).toBe(1);
    expect(outcomes.get('outcome="stored"')).toBe(2);
    // No process holds them any more: their ids are purged.
    await database.query("UPDATE ingest_batches SET stored_at = stored_at - interval '8 days'");
    await purged(database);
    const ids = [COLLECTOR.id, ...batches.map(({ id }) => id)];
    expect(await database.query('SELECT FROM ingest_batches WHERE id = ANY($1::uuid[])', [ids])).toEqual([]);
  });

  it('is withheld if the ids of its batches were deleted, until an operator decides to store it', async () => {
    await using database = await TestDatabase.create();
    const batches = burst();
    await storedThen(database, batches.slice(0, 1));
    await database.query('TRUNCATE ingest_batches');
    const dataDir = await journalOf(batches);
    await using server = await TestServer.ready(database.url, { DATA_DIR: dataDir });
    await waitUntil(async () => (await gauge(server, 'tetcore_journals_left_alone')) === 1, {
      what: 'the journal to be left alone',
    });
    const replay = server.server.app.get(JournalReplay);
    await replay.stop();
    expect(await stored(database)).toBe(10);
    await server.stop();

    // What the log says.
    await database.query(
      `INSERT INTO ingest_batches (id, collector) SELECT id, number FROM collectors WHERE id = '${COLLECTOR.id}'`,
    );
    await using next = await TestServer.ready(database.url, { DATA_DIR: dataDir });
    await waitUntil(async () => (await stored(database)) === 40, { what: 'all of it', timeoutMs: 15_000 });
    await waitUntil(async () => (await holdsFrom(database, COLLECTOR.id)) === NO_UNSTORED_BATCHES, {
      what: 'it to be done with',
    });
    expect(await gauge(next, 'tetcore_journals_left_alone')).toBe(0);
  });

  it('is checked again by the same server, and not counted any more once it is stored', async () => {
    await using database = await TestDatabase.create();
    const batches = burst();
    await storedThen(database, batches.slice(0, 1));
    await database.query('TRUNCATE ingest_batches');
    await using server = await TestServer.ready(database.url, { DATA_DIR: await journalOf(batches) });
    const isLeft = async (count: number): Promise<boolean> =>
      (await gauge(server, 'tetcore_journals_left_alone')) === count;
    await waitUntil(() => isLeft(1), { what: 'the journal to be left alone' });
    await database.query(
      'INSERT INTO ingest_batches (id, collector) SELECT id, number FROM collectors WHERE id = $1',
      [COLLECTOR.id],
    );
    const replay = server.server.app.get(JournalReplay);
    await waitUntil(
      async () => {
        replay.check();
        return (await stored(database)) === 40 && (await isLeft(0));
      },
      { what: 'all of it', timeoutMs: 15_000 },
    );
  });

  it('is stored in a database without a row of its process', async () => {
    await using database = await TestDatabase.create();
    const batches = burst();
    await using server = await TestServer.ready(database.url, { DATA_DIR: await journalOf(batches) });
    await waitUntil(async () => (await stored(database)) === 30, { what: 'all of it', timeoutMs: 15_000 });
    expect(await gauge(server, 'tetcore_journals_left_alone')).toBe(0);
  });
});

describe('a batch below holds_from of its process', () => {
  it('is a duplicate, also after its id was purged', async () => {
    await using database = await TestDatabase.create();
    const [first, second] = burst() as [Batch, Batch];
    await storedThen(database, [first, second]);
    await database.query('UPDATE collectors SET holds_from = $1', [second.id]);
    await purged(database);
    expect(await database.query('SELECT FROM ingest_batches WHERE id = $1', [first.id])).toEqual([]);
    await using storage = new TestStorage(database.url);
    expect(await storage.store(first)).toEqual({ duplicate: true, rejected: [] });
    expect(await storage.store(second)).toEqual({ duplicate: true, rejected: [] });
    expect(await stored(database)).toBe(20);
  });

  it('is stored if the process runs, since another one took it for dead', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    await storage.collectors.heartbeat();
    await database.query('UPDATE collectors SET holds_from = $1', [NO_UNSTORED_BATCHES]);
    const collector = storage.collectorId.identity;
    const own = [1, 2, 3, 4].map(() => batch({ collector, expiring: [row()] }));
    const results = await Promise.all(own.map((one) => storage.store(one)));
    expect(results).toEqual(own.map(() => ({ duplicate: false, rejected: [] })));
    expect((await holdsFrom(database, collector.id)) ?? '').toBe(own[0]?.id);
  });
});
