import pg, { type ClientBase } from 'pg';
import type { DataSourceOptions, MigrationInterface } from 'typeorm';
import { migrations } from '../../migrations/index.js';
import { entities } from '../entities/index.js';
import { CONNECT_TIMEOUT_MS, CONNECTION_OPTIONS, prepareSession, readerSettings } from './sessions.js';
import { StorageClient } from './storage-client.js';

/** Injection token: the URL of the database, which is that of the setting or of the embedded PostgreSQL. */
export const DATABASE_URL = Symbol('DATABASE_URL');

export const MIGRATIONS_TABLE = 'schema_migrations';

/** After the first limit PostgreSQL cancels a statement, and after the second the client: milliseconds. */
const STATEMENT_TIMEOUT_MS = 30_000;
const RESPONSE_TIMEOUT_MS = 35_000;
/**
 * The size of the readers' pool: six for pages and four for streams, and the rest for single rows, the feed and the
 * network views.
 */
export const READER_CONNECTIONS = 12;

/** A migration, as a class. */
export type Migration = new () => MigrationInterface;

/**
 * The data source of readers. Writers have their own pool.
 *
 * @param others migrations of a team
 */
export function dataSourceOptions(url: string, others: readonly Migration[] = []): DataSourceOptions {
  return {
    type: 'postgres',
    // Ours: TypeORM belongs to the application, whose folder need not have it.
    driver: pg,
    url,
    applicationName: 'tetcore-analytics reader',
    entities,
    migrations: [...migrations, ...others],
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsRun: false,
    synchronize: false,
    installExtensions: false,
    poolErrorHandler: () => undefined,
    extra: {
      ...connectionOptions(STATEMENT_TIMEOUT_MS),
      max: READER_CONNECTIONS,
      query_timeout: RESPONSE_TIMEOUT_MS,
    },
  };
}

/**
 * The same for migrations, without a statement timeout.
 *
 * @param onEnd is called with the reason when PostgreSQL ends a session
 */
export function migrationOptions(
  options: DataSourceOptions,
  onEnd: (error: Error) => void,
): DataSourceOptions {
  return {
    ...options,
    applicationName: 'tetcore-analytics migration',
    extra: { ...connectionOptions(0, onEnd), max: 2 },
  } as DataSourceOptions;
}

function connectionOptions(statementTimeoutMs: number, onEnd?: (error: Error) => void): object {
  return {
    Client: StorageClient,
    ...CONNECTION_OPTIONS,
    onConnect: (client: ClientBase) => {
      if (onEnd !== undefined) client.on('error', onEnd);
      return prepareSession(client, readerSettings(statementTimeoutMs), CONNECT_TIMEOUT_MS);
    },
  };
}
