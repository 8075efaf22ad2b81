import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { dataSourceOptions } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { TestStorage } from '../support/test-storage.js';

const NAMES = [
  'TimeZone',
  'DateStyle',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'transaction_timeout',
  'transaction_isolation',
  'citus.max_adaptive_executor_pool_size',
];
const SETTINGS = 'SELECT name, current_setting(name, true) AS value FROM unnest($1::text[]) AS name';

/** A database with settings of its own that are all unlike what the server relies on. */
async function oddDatabase(): Promise<TestDatabase> {
  const database = await TestDatabase.create();
  const name = new URL(database.url).pathname.slice(1);
  for (const setting of [
    "timezone = 'Asia/Kolkata'",
    "datestyle = 'SQL, DMY'",
    "statement_timeout = '7ms'",
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
    const [version] = await database.query<{ since17: boolean }>(
      "SELECT current_setting('server_version_num')::int >= 170000 AS since17",
    );
    expect(settings).toEqual({
      TimeZone: 'UTC',
      DateStyle: 'ISO, MDY',
      statement_timeout: '10s',
      idle_in_transaction_session_timeout: '10s',
      transaction_timeout: version?.since17 ? '10s' : null,
      transaction_isolation: 'read committed',
      'citus.max_adaptive_executor_pool_size': '1',
    });
  });

  it('that reads has a statement timeout of thirty seconds', async () => {
    await using database = await oddDatabase();
    const dataSource = await new DataSource(dataSourceOptions(database.url)).initialize();
    const settings = toObject(await dataSource.query<Setting[]>(SETTINGS, [NAMES.slice(0, 3)]));
    await dataSource.destroy();
    expect(settings).toEqual({ TimeZone: 'UTC', DateStyle: 'ISO, MDY', statement_timeout: '30s' });
  });
});
