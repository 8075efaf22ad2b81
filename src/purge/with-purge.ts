import { DataSource } from 'typeorm';
import type { Settings } from '../config/index.js';
import { dataSourceOptions, migrationState, SchemaOutdatedError } from '../storage/index.js';
import { ExpiredPartitions } from './expired-partitions.js';
import { Purge } from './purge.js';

/**
 * Gives what purges a database, without a server around it.
 *
 * @param url of the database
 * @throws SchemaOutdatedError where migrations are missing
 */
export async function withPurge<T>(
  settings: Settings,
  url: string,
  work: (purge: Purge) => Promise<T>,
): Promise<T> {
  const dataSource = await new DataSource(dataSourceOptions(url)).initialize();
  try {
    if ((await migrationState(dataSource)).pending.length > 0) throw new SchemaOutdatedError();
    return await work(new Purge(settings, dataSource, new ExpiredPartitions()));
  } finally {
    await dataSource.destroy();
  }
}
