import type { DataSourceOptions } from 'typeorm';
import { migrations } from '../migrations/index.js';
import { entities } from './entities/index.js';
import { MIGRATIONS_TABLE } from './startup/migrate.js';

/** A question that takes longer is given up: milliseconds. */
const STATEMENT_TIMEOUT_MS = 30_000;

/** The data source of readers and migrations. The writers have a pool of their own. */
export function dataSourceOptions(url: string): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    applicationName: 'tetcore-analytics reader',
    entities,
    migrations,
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsRun: false,
    synchronize: false,
    installExtensions: false,
    poolErrorHandler: () => undefined,
    extra: {
      max: 8,
      connectionTimeoutMillis: 5_000,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      keepAlive: true,
    },
  };
}
