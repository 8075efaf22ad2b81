export { ClockAlarm, isOff, minOffsetMs, readClocks } from './clock/clock-alarm.js';
export {
  type ClockOffset,
  type ClockReading,
  DatabaseClock,
  LocalClock,
  SystemClock,
} from './clock/database-clock.js';
export {
  DATABASE_URL,
  dataSourceOptions,
  type Migration,
  READER_CONNECTIONS,
} from './connections/data-source-options.js';
export {
  type ConnectionFault,
  connectionFault,
  createDatabaseAdvice,
  describeConnectionError,
} from './connections/connection-fault.js';
export { inTransaction } from './connections/in-transaction.js';
export { openSession } from './connections/sessions.js';
export { socketOf, StorageClient } from './connections/storage-client.js';
export { WriterPool } from './connections/writer-pool.js';
export * from './entities/index.js';
export {
  CollectorId,
  type CollectorIdentity,
  collectorNumber,
  reserveCollectorNumber,
  registerCollector,
} from './maintenance/collector/collector-id.js';
export {
  HeldBatches,
  isBatchDone,
  markNoUnstoredBatches,
  markNoUnstoredBatchesIfCertain,
  type BatchIdState,
  batchIdStateOf,
} from './maintenance/collector/stored-batches.js';
export { CollectorRegistry, endLostConnections } from './maintenance/collector/collector-registry.js';
export { ensureReaderRole, ReaderRoleError } from './maintenance/reader-role/reader-role.js';
export { DatabaseStartup } from './maintenance/startup/database-startup.js';
export { listFaults, missingIndexes, schemaFaults } from './maintenance/startup/check-schema.js';
export {
  checkDatabase,
  ensureDatabase,
  mayCreateDatabase,
  MissingDatabaseError,
  ReadOnlyDatabaseError,
  readOnlyFault,
  SchemaOutdatedError,
  SharedSessionsError,
  UnsupportedDatabaseError,
} from './maintenance/startup/ensure-database.js';
export {
  migrate,
  migrateDatabase,
  type MigrationState,
  migrationState,
  rejectUnrecordedTables,
} from './maintenance/startup/migrate.js';
export { laterSchema, LaterSchemaError, rejectLaterSchema } from './maintenance/startup/schema-version.js';
export { areSessionsShared } from './maintenance/startup/shared-sessions.js';
export { dropPartition, listPartitions, type Partition } from './partitions/partition-catalogue.js';
export { PartitionManager } from './partitions/partition-manager.js';
export { missingRanges } from './partitions/partition-width.js';
export * from './read/index.js';
export * from './schema/index.js';
export { StorageModule, type StorageModuleOptions } from './storage.module.js';
export { type DatabaseProblem, DatabaseWatch } from './maintenance/database-watch.js';
