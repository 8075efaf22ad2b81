import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { type ConnectionSnapshot, NO_UNSTORED_BATCHES, MIN_BATCH_ID } from '../../src/storage/index.js';
import { batch, endedSnapshot, newConnectionId, row } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';
import { TestPurge } from '../support/test-purge.js';
import { TestStorage } from '../support/test-storage.js';
import { waitUntil } from '../support/wait-until.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 4, 20, 10, 30);
/** Rows that a purge deletes with one statement. */
const CHUNK = 5_000;

/** A connection that spoke at one moment, and ended then unless told otherwise. */
function connection(name: string, at: number, given: Partial<ConnectionSnapshot> = {}): ConnectionSnapshot {
  return endedSnapshot(at, { name, ...given });
}

const names = async (database: TestDatabase): Promise<string[]> =>
  (await database.query<{ name: string }>('SELECT name FROM peer_connections ORDER BY name')).map(
    ({ name }) => name,
  );

const count = async (database: TestDatabase, table: string): Promise<number> =>
  (await database.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]?.n ?? NaN;

describe('the row of a connection', () => {
  it('is removed with its messages, unless it is open or of /audit', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '24' } });
    await using purge = await TestPurge.open(database.url, 24);
    const old = NOW - 400 * DAY;
    const open = { endedAt: null, endReason: null };
    const connections = [
      connection('alive but silent for a year', old, open),
      connection('alive on /audit', old, { ...open, audit: true, path: '/audit' }),
      connection('of /audit', old, { audit: true, path: '/audit' }),
      connection('old', old),
      connection('ended a day ago', NOW - 3 * DAY, { endedAt: NOW - DAY - 1 }),
      connection('ended just now', old, { endedAt: NOW - 1 }),
      connection('clock ahead', NOW - 2 * DAY, { newestCreatedAt: NOW - DAY }),
      connection('clock behind', NOW - 2 * DAY, { oldestCreatedAt: old }),
    ];
    await storage.store(batch({ connections }));
    await purge.done(NOW);
    expect(await names(database)).toEqual([
      'alive but silent for a year',
      'alive on /audit',
      'clock ahead',
      'ended just now',
      'of /audit',
    ]);
    await purge.done(NOW + 400 * DAY);
    expect(await names(database)).toEqual(['alive but silent for a year', 'alive on /audit', 'of /audit']);
  });

  it('stays while a partition with its messages is not dropped yet', async () => {
    await using database = await TestDatabase.create();
    // Days from an earlier setting, of which now only hours are kept.
    await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '240' } });
    await using purge = await TestPurge.open(database.url, 24);
    const at = Date.UTC(2026, 4, 19, 1);
    const one = connection('one', at);
    await storage.store(batch({ expiring: [row({ at, connectionId: one.id })], connections: [one] }));
    const missing = `SELECT FROM logs_expiring WHERE NOT EXISTS
      (SELECT FROM peer_connections WHERE id = peer_connection_id)`;
    for (let now = NOW; now < Date.UTC(2026, 4, 21); now += HOUR) {
      await purge.done(now);
      expect(await names(database)).toEqual(['one']);
      expect(await database.query(missing)).toEqual([]);
    }
    await purge.done(Date.UTC(2026, 4, 21));
    expect(await count(database, 'logs_expiring')).toBe(0);
    expect(await names(database)).toEqual([]);
  });

  it('of a killed process stays for messages after the time in the row', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '24' } });
    await using purge = await TestPurge.open(database.url, 24);
    const at = Date.UTC(2026, 4, 19, 9, 59, 50);
    const lost = connection('lost', at, { endReason: 'collector_lost' });
    // The process was killed before the row was written again: half a minute later, by a clock a day ahead.
    const last = at + 30_000 + DAY;
    await storage.store(
      batch({
        expiring: [row({ at: last, connectionId: lost.id })],
        connections: [lost, connection('other', at)],
      }),
    );
    await purge.done(last + DAY);
    expect(await count(database, 'logs_expiring')).toBe(1);
    expect(await names(database)).toEqual(['lost']);
    await purge.done(last + DAY + HOUR);
    expect(await count(database, 'logs_expiring')).toBe(0);
    expect(await names(database)).toEqual([]);
  });

  it('stays if the connection is reopened while the purge waits for the row lock', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '24' } });
    await using purge = await TestPurge.open(database.url, 24);
    const at = NOW - 10 * DAY;
    await storage.store(batch({ connections: [connection('alive', at), connection('over', at)] }));
    await onDatabase(database.url, async (writer) => {
      await writer.query('BEGIN');
      await writer.query("UPDATE peer_connections SET ended_at = NULL WHERE name = 'alive'");
      const purging = purge.done(NOW);
      const waiting = `SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await waitUntil(async () => (await database.query(waiting)).length, { what: 'the purge to wait' });
      await writer.query('COMMIT');
      expect((await purging).rows).toMatchObject({ peer_connections: 1 });
    });
    expect(await names(database)).toEqual(['alive']);
  });

  it('is removed in chunks, past rows that stay', async () => {
    await using database = await TestDatabase.create();
    await using purge = await TestPurge.open(database.url, 24);
    await database.query(
      `INSERT INTO peer_connections (id, ip_addr, created_at, audit, path, socket_id, collector, revision,
           first_message_at, last_message_at, oldest_created_at, newest_created_at, ended_at)
       SELECT n, '', at, n % 3 = 0, '/', gen_random_uuid(), 1, 1, at, at, at, at, at
         FROM generate_series(1, 2 * $2) AS n, to_timestamp($1 / 1000.0) AS at`,
      [NOW - 10 * DAY, CHUNK],
    );
    expect((await purge.done(NOW)).rows).toMatchObject({ peer_connections: Math.ceil((2 * CHUNK * 2) / 3) });
    expect(await count(database, 'peer_connections WHERE NOT audit')).toBe(0);
    expect(await count(database, 'peer_connections')).toBe(Math.floor((2 * CHUNK) / 3));
  });
});

describe('the id of a batch', () => {
  it('is removed seven days after it was stored, however old it was then', async () => {
    await using database = await TestDatabase.create();
    await using purge = await TestPurge.open(database.url, 1);
    const [ancient, old, late, fresh] = [400, 7.1, 30, 6.9].map((days) =>
      uuidv7({ msecs: NOW - days * DAY }),
    );
    for (const [id, days] of [
      [ancient, 399],
      [old, 7.01],
      [late, 6.99],
      [fresh, 6.9],
    ] as const) {
      await database.query('INSERT INTO ingest_batches VALUES ($1, 1, $2)', [id, new Date(NOW - days * DAY)]);
    }
    const left = async (): Promise<string[]> =>
      (await database.query<{ id: string }>('SELECT id FROM ingest_batches ORDER BY stored_at')).map(
        ({ id }) => id,
      );
    expect((await purge.done(NOW)).rows).toMatchObject({ ingest_batches: 2 });
    expect(await left()).toEqual([late, fresh]);
    await purge.done(NOW + DAY);
    expect(await left()).toEqual([]);
  });

  it('stays while its process or journal may hold the batch, and so does the marker of its ids', async () => {
    await using database = await TestDatabase.create();
    await using purge = await TestPurge.open(database.url, 1);
    const long = NOW - 30 * DAY;
    const [mark = '', first = '', second = ''] = [0, 1, 2].map((after) => uuidv7({ msecs: long + after }));
    await database.query(
      `INSERT INTO collectors (number, id, host, version, started_at, last_seen_at)
       VALUES (1, $1, 'h', 'v', $2, $2)`,
      [mark, new Date(long)],
    );
    for (const id of [mark, first, second]) {
      await database.query('INSERT INTO ingest_batches VALUES ($1, 1, $2)', [id, new Date(long)]);
    }
    const left = async (holdsFrom: string): Promise<string[]> => {
      await database.query('UPDATE collectors SET holds_from = $1', [holdsFrom]);
      await purge.done(NOW);
      return (await database.query<{ id: string }>('SELECT id FROM ingest_batches ORDER BY id')).map(
        ({ id }) => id,
      );
    };
    expect(await left(MIN_BATCH_ID)).toEqual([mark, first, second]);
    expect(await left(second)).toEqual([mark, second]);
    expect(await left(uuidv7({ msecs: long + 3 }))).toEqual([mark]);
    expect(await count(database, 'collectors')).toBe(1);
    expect(await left(NO_UNSTORED_BATCHES)).toEqual([]);
    expect(await count(database, 'collectors')).toBe(0);
  });

  it('is removed in chunks', async () => {
    await using database = await TestDatabase.create();
    await using purge = await TestPurge.open(database.url, 1);
    await database.query(
      `INSERT INTO ingest_batches
       SELECT (lpad(to_hex($1::bigint + n), 12, '0') || '70008000000000000000')::uuid, 1, to_timestamp($1 / 1000.0)
         FROM generate_series(1, $2) AS n`,
      [NOW - 8 * DAY, 2 * CHUNK + 1],
    );
    expect((await purge.done(NOW)).rows).toMatchObject({ ingest_batches: 2 * CHUNK + 1 });
    expect(await count(database, 'ingest_batches')).toBe(0);
  });
});

describe('rejected messages', () => {
  it('are removed after seven days, in chunks', async () => {
    await using database = await TestDatabase.create();
    await using purge = await TestPurge.open(database.url, 280_320);
    await database.query(
      `INSERT INTO rejected_messages (collector, received_at, path, ip_addr, reason, size, head)
       SELECT 1, to_timestamp($1 / 1000.0) + n * interval '1 ms', '/', '', 'invalid_json', 0, ''
         FROM generate_series(1, $2) AS n`,
      [NOW - 7 * DAY - CHUNK, 2 * CHUNK],
    );
    expect((await purge.done(NOW)).rows).toMatchObject({ rejected_messages: CHUNK - 1 });
    const [oldest] = await database.query('SELECT min(received_at) AS at FROM rejected_messages');
    expect(oldest).toEqual({ at: new Date(NOW - 7 * DAY) });
    await purge.done(NOW + DAY);
    expect(await count(database, 'rejected_messages')).toBe(0);
  });
});

describe('the row of a server process', () => {
  it('is removed when everything of the process has expired, and no connection has its number', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '24' } });
    await using purge = await TestPurge.open(database.url, 24);
    const old = NOW - 8 * DAY;
    const ids = [1, 2, 3, 4, 5, 6, 7].map(() => uuidv4());
    for (const [number, host, seen, stopped] of [
      [1, 'stopped', old, old],
      [2, 'killed', old, null],
      [3, 'killed, with a connection open', old, null],
      [4, 'stopped, with a connection of /audit', old, old],
      [5, 'stopped a while ago', NOW - 7 * DAY + 1, NOW - 7 * DAY + 1],
      [6, 'silent', NOW - 7 * DAY + 1, null],
      [7, 'killed, with a journal', old, null],
    ] as const) {
      await database.query('INSERT INTO collectors VALUES ($1, $2, $3, $4, $5, $6, $7)', [
        number,
        ids[number - 1],
        host,
        '0.2.0',
        new Date(NOW - 90 * DAY),
        new Date(seen),
        stopped === null ? null : new Date(stopped),
      ]);
    }
    for (const [number, given] of [
      [2, {}],
      [3, { endedAt: null, endReason: null }],
      [4, { audit: true, path: '/audit' }],
    ] as const) {
      const collector = { id: ids[number - 1] ?? '', number };
      const one = connection('one', old, { id: newConnectionId(number), ...given });
      await storage.store(batch({ collector, connections: [one] }));
    }
    await database.query("UPDATE collectors SET holds_from = $1 WHERE host <> 'killed, with a journal'", [
      NO_UNSTORED_BATCHES,
    ]);
    const hosts = async (): Promise<string[]> =>
      (await database.query<{ host: string }>('SELECT host FROM collectors ORDER BY host')).map(
        ({ host }) => host,
      );
    expect((await purge.done(NOW)).rows).toMatchObject({ collectors: 2 });
    expect(await hosts()).toEqual([
      'killed, with a connection open',
      'killed, with a journal',
      'silent',
      'stopped a while ago',
      'stopped, with a connection of /audit',
    ]);
    await storage.collectors.sweep();
    await purge.done(NOW + DAY);
    expect(await hosts()).toEqual(['killed, with a journal', 'stopped, with a connection of /audit']);
  });
});
