import { Logger, Module } from '@nestjs/common';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { describe, expect, it } from 'vitest';
import {
  type ExpiringRows,
  type Extensions,
  PurgeRegistryModule,
  type PurgePart,
  PurgeRegistry,
  readSettings,
  withPurge,
} from '../../src/index.js';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

// What a purge says of its work.
Logger.overrideLogger(['fatal']);

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const TABLES = `
  CREATE TABLE team_sightings (node text, seen_at timestamptz, pinned boolean NOT NULL DEFAULT false,
    PRIMARY KEY (node, seen_at));
  CREATE INDEX team_sightings_seen_at ON team_sightings (seen_at);
  CREATE TABLE team_totals (day date PRIMARY KEY, sightings bigint NOT NULL)`;

class KeepSightings1795000000001 implements MigrationInterface {
  readonly name = 'KeepSightings1795000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE team_totals, team_sightings');
  }
}

const sightings: ExpiringRows = {
  table: 'team_sightings',
  key: ['node', 'seen_at'],
  orderBy: 'seen_at',
  condition: 'seen_at < $1 AND NOT pinned',
  kept: 2 * HOUR,
};

/** Counts what is there of days that are over, before the rows go. */
const totals: PurgePart = {
  name: 'team_totals',
  async purge({ client }) {
    await client.query(
      `INSERT INTO team_totals SELECT seen_at::date, count(*) FROM team_sightings WHERE seen_at < current_date
        GROUP BY 1 ON CONFLICT DO NOTHING`,
    );
  },
  preview: () => Promise.resolve({}),
};

/** Leaves a transaction open when it fails. */
const broken: PurgePart = {
  name: 'team_broken',
  async purge({ client }) {
    await client.query('BEGIN');
    await client.query('SELECT * FROM nowhere');
  },
  async preview({ client }) {
    await client.query('SELECT * FROM nowhere');
    return {};
  },
};

function register(registry: PurgeRegistry): void {
  registry.registerRows({ ...sightings, after: ['team_totals'] });
  registry.register(totals);
}

@Module({ imports: [PurgeRegistryModule] })
class SightingsModule {
  constructor(registry: PurgeRegistry) {
    register(registry);
  }
}

function registerBroken(registry: PurgeRegistry): void {
  registry.register(broken);
  registry.registerRows({ ...sightings, after: ['team_broken'] });
}

@Module({ imports: [PurgeRegistryModule] })
class LostModule {
  constructor(registry: PurgeRegistry) {
    registry.register({ ...totals, after: ['nothing_of_ours'] });
  }
}

const storage = { migrations: [KeepSightings1795000000001] } satisfies Extensions['storage'];
const environment = { PURGE_INTERVAL_S: '1', LOG_EXPIRY_H: '24' };

/** Of the last hours and days: one is fresh, one is pinned, the others have expired. */
async function addSightings(database: TestDatabase, count: number): Promise<void> {
  await database.query(
    `INSERT INTO team_sightings SELECT 'node ' || n, now() - interval '2 days' - n * interval '1 ms', n = 1
       FROM generate_series(1, $1) AS n`,
    [count - 1],
  );
  await database.query("INSERT INTO team_sightings VALUES ('fresh', now())");
}

const left = async (database: TestDatabase): Promise<string[]> =>
  (await database.query<{ node: string }>('SELECT node FROM team_sightings ORDER BY node')).map(
    ({ node }) => node,
  );

describe('a purge part of a team', () => {
  it('runs with those of the server, in its order, and is counted by its table', async () => {
    await using database = await TestDatabase.create();
    await database.query(TABLES);
    await addSightings(database, 12_000);
    const { url } = database;
    const settings = readSettings({ LOG_EXPIRY_H: '24' });

    const preview = await withPurge(settings, url, (purge) => purge.preview(), register);
    expect(preview.rows).toMatchObject({ team_sightings: 11_998, rejected_messages: 0 });
    expect(preview.failures).toEqual([]);
    expect(await left(database)).toHaveLength(12_000);

    const report = await withPurge(settings, url, (purge) => purge.run(), register);
    expect(report?.rows).toMatchObject({ team_sightings: 11_998, rejected_messages: 0 });
    expect(report?.failures).toEqual([]);
    expect(await left(database)).toEqual(['fresh', 'node 1']);
    const [counted] = await database.query<{ n: number }>('SELECT sum(sightings)::int AS n FROM team_totals');
    expect(counted?.n).toBe(11_999);
  });

  it('runs in the server', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, environment, {
      imports: [SightingsModule],
      storage,
    });
    await addSightings(database, 10);
    await waitUntil(async () => (await left(database)).length === 2, { what: 'the sightings to go' });
    await waitUntil(
      async () => (await server.metric('tetcore_purged_rows_total')).get('table="team_sightings"') === 8,
      { what: 'them to be counted' },
    );
  });

  it('fails for itself and for parts that depend on it, and for no others', async () => {
    await using database = await TestDatabase.create();
    const { url } = database;
    await database.query(TABLES);
    await addSightings(database, 10);
    await database.query(
      `INSERT INTO rejected_messages (collector, received_at, path, ip_addr, reason, size, head)
       VALUES (1, now() - interval '8 days', '/', '', 'invalid_json', 0, '')`,
    );
    const settings = readSettings({});
    const failures = [{ part: 'team_broken', error: { code: '42P01' } }];
    const preview = await withPurge(settings, url, (purge) => purge.preview(), registerBroken);
    expect(preview).toMatchObject({ rows: { rejected_messages: 1 }, failures });
    expect(preview.rows).not.toHaveProperty('team_sightings');
    const report = await withPurge(settings, url, (purge) => purge.run(), registerBroken);
    expect(report).toMatchObject({ rows: { rejected_messages: 1 }, failures });
    expect(await left(database)).toHaveLength(10);
  });

  it('is rejected at the start if it depends on an unknown part', async () => {
    await using database = await TestDatabase.create();
    const starting = TestServer.start(database.url, environment, { imports: [LostModule] });
    await expect(starting).rejects.toThrow('The purge part team_totals depends on nothing_of_ours');
  });
});

it('a chunk of rows with the same time neither blocks nor leaves rows', async () => {
  await using database = await TestDatabase.create();
  await database.query('CREATE TABLE team_rows (id bigint PRIMARY KEY, at timestamptz NOT NULL)');
  await database.query(
    `INSERT INTO team_rows SELECT n, now() - interval '3 days' FROM generate_series(1, 11000) AS n`,
  );
  const register = (registry: PurgeRegistry): void =>
    registry.registerRows({ table: 'team_rows', key: ['id'], orderBy: 'at', kept: DAY });
  const report = await withPurge(readSettings({}), database.url, (purge) => purge.run(), register);
  expect(report?.rows).toMatchObject({ team_rows: 11_000 });
  expect(await database.query('SELECT FROM team_rows')).toEqual([]);
});
