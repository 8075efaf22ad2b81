import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { databaseProblem } from '../../src/platform/http/problem.filter.js';
import { dataSourceOptions, describeConnectionError, migrate, openSession } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { databaseNamed, onDatabase } from '../support/on-database.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';
import { waitUntil } from '../support/wait-until.js';

/** Idle between two statements for longer than its session may be. */
class IdleMigration1990000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query("SET LOCAL idle_in_transaction_session_timeout = '1ms'");
    await sleep(100);
    await runner.query('SELECT 1');
  }

  async down(): Promise<void> {
    // Nothing was done.
  }
}

const NAMES = [
  'TimeZone',
  'DateStyle',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'transaction_timeout',
  'transaction_isolation',
  'lock_timeout',
  'idle_session_timeout',
  'citus.max_adaptive_executor_pool_size',
];
const SETTINGS = 'SELECT name, current_setting(name, true) AS value FROM unnest($1::text[]) AS name';

/** Since PostgreSQL 17. */
async function hasTransactionTimeout(database: TestDatabase): Promise<boolean> {
  const [row] = await database.query("SELECT 1 WHERE current_setting('server_version_num')::int >= 170000");
  return row !== undefined;
}

/** A database with settings of its own that are all unlike what the server relies on. */
async function oddDatabase(): Promise<TestDatabase> {
  const database = await TestDatabase.create();
  const name = new URL(database.url).pathname.slice(1);
  for (const setting of [
    "timezone = 'Asia/Kolkata'",
    "datestyle = 'SQL, DMY'",
    "statement_timeout = '7ms'",
    "lock_timeout = '7ms'",
    "idle_session_timeout = '3s'",
    "idle_in_transaction_session_timeout = '3s'",
    ...((await hasTransactionTimeout(database)) ? ["transaction_timeout = '3s'"] : []),
    "default_transaction_isolation = 'serializable'",
  ]) {
    await database.query(`ALTER DATABASE ${name} SET ${setting}`);
  }
  return database;
}

interface Setting {
  name: string;
  value: string | null;
}

const toObject = (rows: readonly Setting[]): Record<string, string | null> =>
  Object.fromEntries(rows.map(({ name, value }) => [name, value]));

describe('a session', () => {
  it('that writes has its own limits, time zone, date style and isolation, whatever the defaults of the database are', async () => {
    await using database = await oddDatabase();
    await using storage = new TestStorage(database.url);
    const settings = await storage.pool.withClient(async (client) =>
      toObject((await client.query<Setting>(SETTINGS, [NAMES])).rows),
    );
    const since17 = await hasTransactionTimeout(database);
    expect(settings).toEqual({
      TimeZone: 'UTC',
      DateStyle: 'ISO, MDY',
      statement_timeout: '10s',
      idle_in_transaction_session_timeout: '10s',
      transaction_timeout: since17 ? '10s' : null,
      transaction_isolation: 'read committed',
      lock_timeout: '0',
      idle_session_timeout: '0',
      'citus.max_adaptive_executor_pool_size': '1',
    });
  });

  it('that reads has a statement timeout of thirty seconds, and no other limit', async () => {
    await using database = await oddDatabase();
    const dataSource = await new DataSource(dataSourceOptions(database.url)).initialize();
    const settings = toObject(await dataSource.query<Setting[]>(SETTINGS, [NAMES.slice(0, 8)]));
    await dataSource.destroy();
    expect(settings).toEqual({
      TimeZone: 'UTC',
      DateStyle: 'ISO, MDY',
      statement_timeout: '30s',
      idle_in_transaction_session_timeout: '0',
      transaction_timeout: (await hasTransactionTimeout(database)) ? '0' : null,
      transaction_isolation: 'serializable',
      lock_timeout: '0',
      idle_session_timeout: '0',
    });
  });

  it('that PostgreSQL ended rejects queries with the reason', async () => {
    await using database = await TestDatabase.create();
    const client = await openSession(database.url, 'test', true, {
      idle_in_transaction_session_timeout: '1ms',
    });
    const ended = once(client, 'error');
    await client.query('BEGIN');
    await ended;
    const error = await client.query('SELECT 1').catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: '25P03' });
    expect(describeConnectionError(error, 'postgres://me:hidden@db/x')).toBe(
      'PostgreSQL ended the session because of idle_in_transaction_session_timeout. ' +
        'Raise idle_in_transaction_session_timeout of the user me or of the database x, or set it to 0.',
    );
    expect(databaseProblem(error)).toEqual({
      status: 503,
      detail: 'The database ended the session, because a time limit was reached.',
    });
    await client.end();
  });

  it('whose limits end a migration is named', async () => {
    await using database = await TestDatabase.create();
    const dataSource = await new DataSource(
      dataSourceOptions(database.url, [IdleMigration1990000000000]),
    ).initialize();
    await expect(migrate(database.url, dataSource)).rejects.toMatchObject({ code: '25P03' });
    await dataSource.destroy();
  });
});

describe('a server', () => {
  it('migrates, stores and responds under time limits of its database', { timeout: 60_000 }, async () => {
    await using database = TestDatabase.missing();
    const name = new URL(database.url).pathname.slice(1);
    await onDatabase(databaseNamed(database.url, 'postgres'), async (client) => {
      await client.query(`CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`);
      for (const limit of ['idle_in_transaction_session_timeout', 'idle_session_timeout', 'lock_timeout']) {
        await client.query(`ALTER DATABASE ${name} SET ${limit} = '400ms'`);
      }
    });
    await using server = await TestServer.ready(database.url);
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: 'QmLimited' });
    await waitUntil(async () => (await (await server.get('/nodes')).text()).includes('QmLimited'), {
      what: 'the node',
    });
    expect((await server.get('/stats/db')).status).toBe(200);
    await node.close();
  });
});
