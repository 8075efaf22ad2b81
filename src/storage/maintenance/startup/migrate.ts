import { DataSource, type DataSourceOptions } from 'typeorm';
import { describeError } from '../../../platform/errors/index.js';
import type { StorageClient } from '../../connections/storage-client.js';
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
import { AdvisoryLock, hasSqlState, SqlState } from '../../schema/index.js';
import { listFaults, unrecordedTables } from './check-schema.js';
import { ensureDatabase, UnsupportedDatabaseError } from './ensure-database.js';
import { recordVersion, rejectLaterSchema } from './schema-version.js';

/**
 * Applies pending migrations: first those of the server, then those of a team, whatever their timestamps are. Replicas
 * wait for each other.
 *
 * @param dataSource has the migrations; they run on other connections, without a statement timeout
 * @returns the names of the applied migrations
 * @throws LaterSchemaError, UnsupportedDatabaseError if tables are in the way
 */
export async function migrate(url: string, dataSource: DataSource): Promise<string[]> {
  return await withMigrationLock(url, async (client) => {
    await rejectLaterSchema(dataSource);
    await rejectUnrecordedTables(dataSource);
    const { options } = dataSource;
    const all = Object.values(options.migrations ?? {}) as Migration[];
    const first = all.filter((migration) => (own as readonly Migration[]).includes(migration));
    const applied = await apply({ ...options, migrations: first });
    await recordVersion(dataSource, client);
    if (all.length > first.length) applied.push(...(await apply(options)));
    return applied;
  });
}

/** States of a relation, column or object that exists. */
const IN_THE_WAY = [SqlState.DuplicateTable, SqlState.DuplicateColumn, SqlState.DuplicateObject];

const RESTORE_AGAIN =
  'If a backup was restored, restore it again into an empty database and check the output; otherwise set DATABASE_URL to a ' +
  'new database, which is created if it is missing';

/** @throws UnsupportedDatabaseError if there are tables, but no migration is recorded */
export async function rejectUnrecordedTables(dataSource: DataSource): Promise<void> {
  const { pending } = await migrationState(dataSource);
  const names = ownNames(dataSource);
  if (names.length === 0 || !names.every((name) => pending.includes(name))) return;
  const found = await unrecordedTables(dataSource);
  if (found === undefined) return;
  const tables = listFaults(found.names);
  if (found.areOurs) {
    throw new UnsupportedDatabaseError(
      `has tables of the server (${tables}), but none of its migrations in ${MIGRATIONS_TABLE}`,
      RESTORE_AGAIN,
    );
  }
  throw new UnsupportedDatabaseError(
    `has tables of another program, with the names of tables of the server (${tables})`,
    'Set DATABASE_URL to a new database, which is created if it is missing, or to another schema with ' +
      '?options=-csearch_path%3DNAME',
  );
}

/** The names of the server's own migrations, as they are recorded. */
function ownNames({ migrations }: DataSource): string[] {
  return migrations
    .filter(({ constructor }) => (own as readonly unknown[]).includes(constructor))
    .map(({ name }) => name ?? '');
}

/** Applies pending migrations in the order of their timestamps. */
async function apply(options: DataSourceOptions): Promise<string[]> {
  // TypeORM does not report why a session ended between two statements.
  let ended: Error | undefined;
  const migrator = await new DataSource(migrationOptions(options, (error) => (ended ??= error))).initialize();
  try {
    const applied = await migrator.runMigrations({ transaction: 'each' });
    return applied.map((migration) => migration.name);
  } catch (error) {
    if (hasSqlState(error, ...IN_THE_WAY)) {
      throw new UnsupportedDatabaseError(
        `has something that a pending migration creates: ${describeError(error)}`,
        RESTORE_AGAIN,
      );
    }
    throw ended ?? error;
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
export async function withMigrationLock<T>(
  url: string,
  work: (client: StorageClient) => Promise<T>,
): Promise<T> {
  return await withConnection(url, async (client) => {
    await prepareSession(client, readerSettings(0), CONNECT_TIMEOUT_MS);
    await client.query('SELECT pg_advisory_lock($1)', [AdvisoryLock.Migrations]);
    return await work(client);
  });
}
