export { ClockAlarm } from './clock/clock-alarm.js';
export { isOff, leastOffMs, readClocks } from './clock/clock-difference.js';
export { type ClockOffset, type ClockReading, DatabaseClock } from './clock/database-clock.js';
export { LocalClock, SystemClock } from './clock/local-clock.js';
export { DATABASE_URL } from './connections/database-url.js';
export { dataSourceOptions, type Migration, READER_CONNECTIONS } from './connections/data-source-options.js';
export { openSession } from './connections/open-session.js';
export { socketOf, StorageClient } from './connections/storage-client.js';
export { WriterPool } from './connections/writer-pool.js';
export * from './entities/index.js';
export { CollectorId, type CollectorIdentity } from './maintenance/collector/collector-id.js';
export {
  collectorNumber,
  reserveCollectorNumber,
  takeCollectorNumber,
} from './maintenance/collector/collector-numbers.js';
export { HeldBatches } from './maintenance/collector/held-batches.js';
export {
  isDoneWith,
  nothingHeldBy,
  nothingHeldSurelyBy,
  type StoredBatches,
  storedBatchesOf,
} from './maintenance/collector/stored-batches.js';
export { CollectorRegistry } from './maintenance/collector/collector-registry.js';
export { endLostConnections } from './maintenance/collector/lost-connections.js';
export { ensureReaderRole } from './maintenance/reader-role/ensure-reader-role.js';
export { ReaderRoleError } from './maintenance/reader-role/reader-role.error.js';
export { DatabaseStartup } from './maintenance/startup/database-startup.js';
export { checkDatabase, ensureDatabase } from './maintenance/startup/ensure-database.js';
export { migrate, type MigrationState, migrationState } from './maintenance/startup/migrate.js';
export { migrateDatabase } from './maintenance/startup/migrate-database.js';
export { SchemaOutdatedError, UnsupportedDatabaseError } from './maintenance/startup/startup.errors.js';
export { dropPartition } from './partitions/drop-partition.js';
export { listPartitions, type Partition } from './partitions/partition-catalogue.js';
export { PartitionManager } from './partitions/partition-manager.js';
export { missingRanges } from './partitions/partition-width.js';
export * from './read/index.js';
export * from './schema/index.js';
export { StorageModule, type StorageModuleOptions } from './storage.module.js';
export { type DatabaseProblem, DatabaseWatch } from './watch/database-watch.js';
