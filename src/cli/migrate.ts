import { DataSource } from 'typeorm';
import { ConfigModule, type Settings } from '../platform/config/index.js';
import {
  dataSourceOptions,
  ensureReaderRole,
  hasSqlState,
  migrateDatabase,
  type MigrationState,
  migrationState,
  rejectLaterSchema,
  SqlState,
} from '../storage/index.js';
import { CommandError, explainConnection, print } from './output.js';

/** Creates the database if needed, applies migrations, and creates the role of `DB_READER_ROLE`. */
export async function runMigrations(): Promise<void> {
  const settings = await ConfigModule.readEnvironment();
  const url = urlOf(settings);
  const applied = await migrateDatabase(url).catch((error: unknown) => {
    throw explainConnection(error, url);
  });
  print(applied.length === 0 ? 'The schema is up to date.' : `Applied ${applied.join(', ')}.`);
  const changed = await ensureReaderRole(url, settings);
  if (changed !== undefined) print(changed);
}

/**
 * Prints pending migrations. The exit code is 1 if there are any. Changes nothing.
 *
 * @throws LaterSchemaError
 */
export async function checkMigrations(): Promise<void> {
  const state = await readState(urlOf(await ConfigModule.readEnvironment()));
  if (state === undefined) print('The database does not exist yet: all migrations are pending.');
  else if (state.pending.length > 0) print(`Pending migrations: ${state.pending.join(', ')}.`);
  else print('The schema is up to date.');
  if (state === undefined || state.pending.length > 0) process.exitCode = 1;
}

async function readState(url: string): Promise<MigrationState | undefined> {
  try {
    return await withDataSource(url, async (dataSource) => {
      await rejectLaterSchema(dataSource);
      return await migrationState(dataSource);
    });
  } catch (error) {
    if (hasSqlState(error, SqlState.UndefinedDatabase)) return undefined;
    throw explainConnection(error, url);
  }
}

function urlOf({ DATABASE_URL: url }: Settings): string {
  if (url !== undefined) return url;
  throw new CommandError('Set DATABASE_URL. The embedded PostgreSQL is migrated when the server starts.');
}

async function withDataSource<T>(url: string, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const dataSource = await new DataSource(dataSourceOptions(url)).initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
