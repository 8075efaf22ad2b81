import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { Journal } from '../../../src/delivery/journal/index.js';
import type { Batch } from '../../../src/telemetry/index.js';
import { batch, newConnectionId, row, TEST_COLLECTOR, type TestRow } from '../../support/batches.js';
import { TestDatabase } from '../../support/databases.js';
import { tempDir } from '../../support/temp-dir.js';
import { TestPurge } from '../../support/test-purge.js';
import { TestServer } from '../../support/test-server.js';
import { TestStorage } from '../../support/test-storage.js';
import { waitUntil } from '../../support/wait-until.js';

const DAY = 86_400_000;
const SEALED_AT = Date.now() - 8 * DAY;

/** A batch that was made eight days ago. */
const oldBatch = (parts: Parameters<typeof batch>[0]): Batch => ({
  ...batch({ id: uuidv7({ msecs: SEALED_AT }), ...parts }),
  firstReceivedAt: SEALED_AT,
  sealedAt: SEALED_AT,
});

const old = (given: Parameters<typeof row>[0] = {}): TestRow => row({ at: SEALED_AT, ...given });
const refusedRow = (): TestRow => old({ logs: '{"broken":' });
const malformed = (tuple: Buffer): TestRow => ({ at: SEALED_AT, tuple: Buffer.from(tuple) });

/** As if its batches had been stored when they were made, and their ids had been purged since. */
async function purgeIds(database: TestDatabase): Promise<void> {
  await database.query("UPDATE ingest_batches SET stored_at = stored_at - interval '8 days'");
  await using purge = await TestPurge.open(database.url, 280_320);
  await purge.done(Date.now());
  expect(await database.query('SELECT FROM ingest_batches')).toEqual([]);
}

const stored = async (database: TestDatabase): Promise<number> =>
  (await database.query('SELECT FROM tetcore_logs')).length;

/** A row that was written wrong, but for the length of its message: what tells it from the next one. */
const written = (wrong: (tuple: Buffer) => unknown): Buffer => {
  const { tuple } = old();
  wrong(tuple);
  return tuple;
};
const MALFORMED: [what: string, tuple: Buffer][] = [
  ['too few columns', written((tuple) => tuple.writeInt16BE(5, 0))],
  ['too many columns', written((tuple) => tuple.writeInt16BE(7, 0))],
  ['a type of three bytes', written((tuple) => tuple.writeInt32BE(3, 46))],
  ['no message', old({ logs: '' }).tuple],
  ['half a message', old({ logs: '{"a":' }).tuple],
  ['an escaped NUL', old({ logs: '{"a":"\\u0000"}' }).tuple],
  ['a NUL', old({ logs: '{"a":"\0"}' }).tuple],
  ['half of a pair', old({ logs: '{"a":"\\ud800"}' }).tuple],
  ['a number beyond numeric', old({ logs: '{"a":1e200000}' }).tuple],
  ['bytes that are no UTF-8', old({ logs: Buffer.from([0x22, 0xc3, 0x28, 0x22]) }).tuple],
];

/** Autovacuum reads the partitions too, to summarize their BRIN indexes, and its reading would be counted. */
async function leaveAlone(database: TestDatabase): Promise<void> {
  await database.query(`
    DO $$
    DECLARE name regclass;
    BEGIN
      FOR name IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'logs_expiring'::regclass LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', name);
      END LOOP;
      FOR name IN
        SELECT indexrelid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
          JOIN pg_am ON pg_am.oid = relam AND amname = 'brin'
         WHERE indrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'logs_expiring'::regclass)
      LOOP
        EXECUTE format('ALTER INDEX %s SET (autosummarize = off)', name);
      END LOOP;
    END $$`);
}

describe('a batch that turns up after its id has been purged', () => {
  for (const [what, parts, messages] of [
    ['with messages of both kinds', { expiring: [old(), old()], audit: [old()] }, 3],
    ['of /audit only', { audit: [old()] }, 1],
    ['with messages that have no type', { expiring: [old({ msg: null }), old({ msg: null })] }, 2],
    ['with a type in need of escapes', { expiring: [old({ msg: 'tab\t, line\n, \\N and größer' })] }, 1],
    ['with an empty type', { expiring: [old({ msg: '' })] }, 1],
    [
      'of which the first hundred messages were refused',
      { expiring: [...Array.from({ length: 100 }, refusedRow), old({ msg: null })] },
      1,
    ],
    [
      'of which one has a type with NUL',
      { expiring: [old({ msg: 'a\0b', logs: '{"msg":"a\\u0000b"}' }), old()] },
      1,
    ],
    [
      'of which all messages of one kind were refused',
      { expiring: [refusedRow(), refusedRow()], audit: [old()] },
      1,
    ],
    [
      'with malformed rows before, between and behind',
      { expiring: MALFORMED.flatMap(([, tuple]) => [malformed(tuple), old(), malformed(tuple)]) },
      MALFORMED.length,
    ],
  ] as const) {
    it(`is not stored twice: ${what}`, async () => {
      await using database = await TestDatabase.create();
      await using storage = new TestStorage(database.url);
      const one = oldBatch(parts);
      expect(await storage.store(one)).toMatchObject({ duplicate: false });
      expect(await stored(database)).toBe(messages);
      await purgeIds(database);
      expect(await storage.store(one)).toEqual({ duplicate: true, refused: [] });
      expect(await stored(database)).toBe(messages);
    });
  }

  it('is stored if it never was, though others of the same connections are', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const connectionId = newConnectionId();
    await storage.store(oldBatch({ expiring: [old({ connectionId }), old({ connectionId, msg: null })] }));
    await purgeIds(database);
    const later = (msg: string | null): TestRow => old({ connectionId, msg, at: SEALED_AT + 1 });
    const other = oldBatch({
      expiring: [later('test.row'), later(null), old({ connectionId, msg: 'x.other' })],
    });
    expect(await storage.store(other)).toEqual({ duplicate: false, refused: [] });
    expect(await storage.store(other)).toMatchObject({ duplicate: true });
    expect(await stored(database)).toBe(5);
  });

  it('is stored if it never was, as far as the database takes it', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const one = oldBatch({
      expiring: [...MALFORMED.map(([, tuple]) => malformed(tuple)), refusedRow(), old()],
    });
    const { duplicate, refused } = await storage.store(one);
    expect({ duplicate, refused: refused.length }).toEqual({
      duplicate: false,
      refused: MALFORMED.length + 1,
    });
    expect(await stored(database)).toBe(1);
  });

  for (const [what, tuple] of MALFORMED) {
    it(`does not stop others, though it has nothing but a row with ${what}`, async () => {
      await using database = await TestDatabase.create();
      await using storage = new TestStorage(database.url);
      const one = oldBatch({ expiring: [malformed(tuple)] });
      expect(await storage.store(one)).toMatchObject({ duplicate: false, refused: [{ path: '/' }] });
    });
  }

  it('is found however much its partitions hold, by the index', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const connections = Array.from({ length: 1024 }, () => newConnectionId());
    const rowsAt = (at: number): TestRow[] =>
      connections.map((connectionId, n) =>
        row({ at, connectionId, msg: [null, 'block.import', `type ${n % 7}`][n % 3] ?? null }),
      );
    const one = oldBatch({ expiring: rowsAt(SEALED_AT) });
    {
      // The statistics learn of it when the session ends.
      await using storing = new TestStorage(database.url);
      await storing.store(one);
    }
    await leaveAlone(database);
    await database.query(
      `INSERT INTO logs_expiring (created_at, received_at, collector, peer_connection_id, type, logs)
       SELECT $1, $1, $2::int, $2::int * 4294967296 + 1000000 + n, n % 40, '{}' FROM generate_series(1, 50000) AS n`,
      [new Date(SEALED_AT), TEST_COLLECTOR.number],
    );
    await database.query('ANALYZE logs_expiring');
    await purgeIds(database);
    const read = async (inserted: number): Promise<number> => {
      const [stats] = await waitUntil(
        async () => {
          const found = await database.query<{ n: string; inserted: string }>(
            `SELECT sum(seq_tup_read) AS n, sum(n_tup_ins) AS inserted
               FROM pg_stat_user_tables WHERE relname LIKE 'logs\\_expiring\\_%'`,
          );
          return Number(found[0]?.inserted) === inserted && found;
        },
        { what: 'the statistics', timeoutMs: 15_000 },
      );
      return Number(stats?.n);
    };
    const before = await read(51_024);
    expect(await storage.store(one)).toMatchObject({ duplicate: true });
    const other = oldBatch({ expiring: rowsAt(SEALED_AT + 1) });
    expect(await storage.store(other)).toMatchObject({ duplicate: false });
    await storage.close();
    expect(await read(52_048)).toBe(before);
  });
});

describe('a journal that turns up after the ids of its batches have been purged', () => {
  it('has those stored that never were, and no others', async () => {
    await using database = await TestDatabase.create();
    const dataDir = await tempDir('old-journal');
    const [known, unknown] = [old({ msg: 'x.known' }), old({ msg: 'x.unknown' })].map((one) =>
      oldBatch({ expiring: [one] }),
    ) as [Batch, Batch];
    {
      await using storage = new TestStorage(database.url);
      await storage.store(known);
    }
    await purgeIds(database);
    const journal = await Journal.open({
      directory: join(dataDir, 'journal'),
      maxBytes: 1024 ** 3,
      logger: { warn: () => undefined },
      onDamage: () => undefined,
    });
    for (const one of [known, unknown]) journal.append(one);
    await journal.close();
    {
      await using server = await TestServer.ready(database.url, { DATA_DIR: dataDir });
      await waitUntil(
        async () =>
          (await server.metric('tetcore_journal_batches')).get('') === 0 && (await stored(database)) === 2,
        { what: 'the journal to be stored' },
      );
    }
    expect(await database.query('SELECT msg FROM tetcore_logs ORDER BY msg')).toEqual([
      { msg: 'x.known' },
      { msg: 'x.unknown' },
    ]);
    await rm(dataDir, { recursive: true, force: true });
  });
});
