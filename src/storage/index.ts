export { dataSourceOptions } from './data-source-options.js';
export { DATABASE_URL } from './database-url.js';
export * from './entities/index.js';
export { PartitionManager } from './partitions/partition-manager.js';
export { DatabaseStartup } from './startup/database-startup.js';
export { ensureDatabase } from './startup/ensure-database.js';
export { migrate } from './startup/migrate.js';
export { SchemaOutdatedError, UnsupportedDatabaseError } from './startup/startup.errors.js';
export { StorageModule, type StorageModuleOptions } from './storage.module.js';
