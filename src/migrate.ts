import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { ConfigModule } from './config/index.js';
import { explain } from './server/index.js';
import { dataSourceOptions, ensureDatabase, migrate } from './storage/index.js';

try {
  const { DATABASE_URL: url } = await ConfigModule.readEnvironment();
  if (url === undefined) {
    throw new Error('Set DATABASE_URL. A server with a PostgreSQL of its own migrates it when it starts.');
  }
  await ensureDatabase(url);
  const dataSource = await new DataSource(dataSourceOptions(url)).initialize();
  const applied = await migrate(url, dataSource);
  await dataSource.destroy();
  console.log(applied.length === 0 ? 'The schema is up to date.' : `Applied ${applied.join(', ')}.`);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
