import { DataSource } from 'typeorm';
import type { Settings } from '../platform/config/index.js';
import {
  dataSourceOptions,
  DatabaseClock,
  migrationState,
  SchemaOutdatedError,
  SystemClock,
} from '../storage/index.js';
import { registerOwn } from './own/register-own.js';
import { Purge } from './purge.js';
import { PurgeRegistry } from './purge-registry.js';

/**
 * Gives what purges a database, without a server around it.
 *
 * @param url of the database
 * @param register registers what a team has
 * @throws SchemaOutdatedError where migrations are missing
 */
export async function withPurge<T>(
  settings: Settings,
  url: string,
  work: (purge: Purge) => Promise<T>,
  register?: (registry: PurgeRegistry) => void,
): Promise<T> {
  const registry = new PurgeRegistry();
  registerOwn(registry);
  register?.(registry);
  const dataSource = await new DataSource(dataSourceOptions(url)).initialize();
  try {
    if ((await migrationState(dataSource)).pending.length > 0) throw new SchemaOutdatedError();
    return await work(new Purge(settings, dataSource, registry, new DatabaseClock(new SystemClock())));
  } finally {
    await dataSource.destroy();
  }
}
