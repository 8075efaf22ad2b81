import type { ClientBase } from 'pg';
import type { DataSourceOptions, MigrationInterface } from 'typeorm';
import { migrations } from '../../migrations/index.js';
import { entities } from '../entities/index.js';
import { CONNECT_TIMEOUT_MS, CONNECTION_OPTIONS } from './connection-options.js';
import { prepareSession, readerSettings } from './session-settings.js';
import { StorageClient } from './storage-client.js';

export const MIGRATIONS_TABLE = 'schema_migrations';

/** A question that takes longer is given up by the database, and if that does not answer by us: milliseconds. */
const STATEMENT_LIMIT_MS = 30_000;
const ANSWER_LIMIT_MS = 35_000;
/**
 * Connections of readers, at most: six for pages and four for streams, see ResponseLimits, and the rest for single rows,
 * the feed and the network views.
 */
export const READER_CONNECTIONS = 12;

/** A migration, as a class. */
export type Migration = new () => MigrationInterface;

/**
 * The data source of readers. The writers have a pool of their own.
 *
 * @param others migrations of a team's own
 */
export function dataSourceOptions(url: string, others: readonly Migration[] = []): DataSourceOptions {
  return {
    type: 'postgres',
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
      ...connectionOptions(STATEMENT_LIMIT_MS),
      max: READER_CONNECTIONS,
      query_timeout: ANSWER_LIMIT_MS,
    },
  };
}

/** The same for migrations, which may take as long as they need. */
export function migrationOptions(options: DataSourceOptions): DataSourceOptions {
  return {
    ...options,
    applicationName: 'tetcore-analytics migration',
    extra: { ...connectionOptions(0), max: 2 },
  } as DataSourceOptions;
}

function connectionOptions(statementLimitMs: number): object {
  return {
    Client: StorageClient,
    ...CONNECTION_OPTIONS,
    onConnect: (client: ClientBase) =>
      prepareSession(client, readerSettings(statementLimitMs), CONNECT_TIMEOUT_MS),
  };
}
