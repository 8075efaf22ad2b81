import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KnownTime } from '../../src/insight/known-time.js';
import { dataSourceOptions } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';

const SECOND_US = 1_000_000;
const HOUR_US = 3_600 * SECOND_US;
const base = Math.floor(Date.now() / 3_600_000 - 100) * HOUR_US;
const at = (hours: number, seconds = 0): number => base + hours * HOUR_US + seconds * SECOND_US;
const iso = (us: number): string => new Date(us / 1000).toISOString();

describe('the known time', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await TestDatabase.create();
    const collectors: [number: number, began: number, ended: number | null][] = [
      [1, at(0), at(30)],
      [2, at(25), at(50)],
      // After a time without any.
      [3, at(60), at(70)],
      [4, at(65), null],
    ];
    for (const [number, began, ended] of collectors) {
      await database.query(
        `INSERT INTO collectors (number, id, host, version, started_at, last_seen_at, stopped_at)
         VALUES ($1, gen_random_uuid(), 'host', '0.3.0', $2, coalesce($3, now()), $3)`,
        [number, iso(began), ended === null ? null : iso(ended)],
      );
    }
    const gaps: [collector: number, cause: string, began: number, ended: number | null][] = [
      [1, 'paused', at(2), at(2, 30)],
      [1, 'sockets_lost', at(2, 60), at(2, 120)],
      [1, 'down', at(30), null],
      [2, 'down', at(50), null],
      [3, 'down', at(70), null],
    ];
    for (const [collector, cause, began, ended] of gaps) {
      await database.query('INSERT INTO observer_gaps VALUES (gen_random_uuid(), $1, $2, $3, $4)', [
        collector,
        cause,
        iso(began),
        ended === null ? null : iso(ended),
      ]);
    }
  });
  afterAll(() => database[Symbol.asyncDispose]());

  const UNKNOWN = [
    [at(2), at(2, 180)],
    // Another process ran: ten minutes, and the grace.
    [at(30), at(30, 660)],
    // None did, until the next one.
    [at(50), at(60, 60)],
    [at(70), at(70, 660)],
  ];

  it('excludes gaps, a minute after each, and those without an end as long as nodes had no other process', async () => {
    const known = await onDatabase(database.url, (client) => KnownTime.read(client, at(0), at(80)));
    expect(known.unknown).toEqual(UNKNOWN);
    expect(known.share(at(50), at(51))).toBe(0);
    expect(known.share(at(2), at(3))).toBeCloseTo(0.95, 9);
  });

  it('is cut to the time that is read, and also read by a data source', async () => {
    const dataSource = await new DataSource(dataSourceOptions(database.url)).initialize();
    try {
      expect((await KnownTime.read(dataSource, at(30, 100), at(55))).unknown).toEqual([
        [at(30, 100), at(30, 660)],
        [at(50), at(55)],
      ]);
      // Only the grace is left of it.
      expect((await KnownTime.read(dataSource, at(2, 150), at(3))).unknown).toEqual([
        [at(2, 150), at(2, 180)],
      ]);
      expect((await KnownTime.read(dataSource, at(3), at(30))).unknown).toEqual([]);
    } finally {
      await dataSource.destroy();
    }
  });

  it('has no end before now, if no process has started since', async () => {
    await using alone = await TestDatabase.create();
    const now = Date.now() * 1000;
    await alone.query("INSERT INTO observer_gaps VALUES (gen_random_uuid(), 1, 'down', $1, NULL)", [
      iso(now - 5 * HOUR_US),
    ]);
    const known = await onDatabase(alone.url, (client) =>
      KnownTime.read(client, now - 6 * HOUR_US, now - HOUR_US),
    );
    expect(known.share(now - 6 * HOUR_US, now - HOUR_US)).toBeCloseTo(0.2, 9);
  });
});
