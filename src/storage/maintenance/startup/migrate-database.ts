import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../connections/data-source-options.js';
import { ensureDatabase } from './ensure-database.js';
import { migrate } from './migrate.js';

/**
 * Creates the database of a server of this version where it is missing, and brings its schema up to date.
 *
 * @returns the names of the migrations that were applied
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
