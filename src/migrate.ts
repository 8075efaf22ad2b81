import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { ConfigModule } from './config/index.js';
import { dataSourceOptions, ensureDatabase, migrate } from './storage/index.js';

const settings = await ConfigModule.readEnvironment();
if (settings.DATABASE_URL === undefined) {
  console.error('Set DATABASE_URL. A server with a PostgreSQL of its own migrates it when it starts.');
  process.exit(1);
}
await ensureDatabase(settings.DATABASE_URL);
const dataSource = await new DataSource(dataSourceOptions(settings.DATABASE_URL)).initialize();
const applied = await migrate(settings.DATABASE_URL, dataSource);
await dataSource.destroy();
console.log(applied.length === 0 ? 'The schema is up to date.' : `Applied ${applied.join(', ')}.`);
