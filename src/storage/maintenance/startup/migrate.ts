import { DataSource, type DataSourceOptions } from 'typeorm';
import type pg from 'pg';
import { migrations as own } from '../../../migrations/index.js';
import {
  dataSourceOptions,
  type Migration,
  migrationOptions,
  MIGRATIONS_TABLE,
} from '../../connections/data-source-options.js';
import {
  CONNECT_TIMEOUT_MS,
  prepareSession,
  readerSettings,
  withConnection,
} from '../../connections/sessions.js';
import { AdvisoryLock } from '../../schema/index.js';
import { ensureDatabase } from './ensure-database.js';

/**
 * Applies pending migrations: first those of the server, then those of a team, whatever their timestamps are. Replicas
 * wait for each other.
 *
 * @param dataSource has the migrations; they run on other connections, without a statement timeout
 * @returns the names of the applied migrations
 */
export async function migrate(url: string, dataSource: DataSource): Promise<string[]> {
  return await withMigrationLock(url, async () => {
    const options = migrationOptions(dataSource.options);
    const all = Object.values(options.migrations ?? {}) as Migration[];
    const first = all.filter((migration) => (own as readonly Migration[]).includes(migration));
    const applied = await apply({ ...options, migrations: first });
    if (all.length > first.length) applied.push(...(await apply(options)));
    return applied;
  });
}

/** Applies pending migrations in the order of their timestamps. */
async function apply(options: DataSourceOptions): Promise<string[]> {
  const migrator = await new DataSource(options).initialize();
  try {
    const applied = await migrator.runMigrations({ transaction: 'each' });
    return applied.map((migration) => migration.name);
  } finally {
    await migrator.destroy();
  }
}

/** The names of migrations, oldest first. */
export interface MigrationState {
  /** Not applied yet. */
  pending: string[];
  /** Applied by a later version, and not known to this one. */
  unknown: string[];
}

/** Whether migrations are pending. Changes nothing. */
export async function pendingMigrations(dataSource: DataSource): Promise<boolean> {
  return (await migrationState(dataSource)).pending.length > 0;
}

/** Compares the migrations of a data source with those in the database. Changes nothing. */
export async function migrationState(dataSource: DataSource): Promise<MigrationState> {
  const names = dataSource.migrations.map((migration) => migration.name ?? '');
  const runner = dataSource.createQueryRunner();
  try {
    const table = (await runner.query('SELECT to_regclass($1) AS name', [MIGRATIONS_TABLE])) as {
      name: string | null;
    }[];
    if (table[0]?.name === null) return { pending: names, unknown: [] };
    const rows = (await runner.query(`SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY id`)) as {
      name: string;
    }[];
    const done = rows.map((row) => row.name);
    return {
      pending: names.filter((name) => !done.includes(name)),
      unknown: done.filter((name) => !names.includes(name)),
    };
  } finally {
    await runner.release();
  }
}

/**
 * Creates the database if it does not exist, and applies pending migrations.
 *
 * @returns the names of the applied migrations
 * @throws UnsupportedDatabaseError
 */
export async function migrateDatabase(url: string): Promise<string[]> {
  await ensureDatabase(url);
  const dataSource = await new DataSource(dataSourceOptions(url)).initialize();
  try {
    return await migrate(url, dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/** Runs work while no other replica migrates. Waits for the lock without a limit. */
export async function withMigrationLock<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  return await withConnection(url, async (client) => {
    await prepareSession(client, readerSettings(0), CONNECT_TIMEOUT_MS);
    await client.query('SELECT pg_advisory_lock($1)', [AdvisoryLock.Migrations]);
    return await work(client);
  });
}
