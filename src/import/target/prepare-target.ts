import { DataSource } from 'typeorm';
import { dataSourceOptions, ensureDatabase, migrate } from '../../storage/index.js';

/** Creates the database of a server of this version, and brings its schema up to date, where that is needed. */
export async function prepareTarget(url: string): Promise<void> {
  await ensureDatabase(url);
  const dataSource = await new DataSource(dataSourceOptions(url)).initialize();
  try {
    await migrate(url, dataSource);
  } finally {
    await dataSource.destroy();
  }
}
