/**
 * What a team builds on: see docs/extending.md. Whatever is not named here may change with any version.
 */
export { AppModule, type Extensions } from './app.module.js';
export { formatError as explain, run, startServer, type RunningServer } from './server/index.js';
export {
  ConfigModule,
  InvalidSettingsError,
  PACKAGE_VERSION,
  readSettings,
  Settings,
} from './platform/config/index.js';

// Ports, and what they speak of
export {
  BatchSink,
  type StoreResult,
  AfterStoreHook,
  StoredMessage,
  type KnownNode,
} from './delivery/index.js';
export type { Batch, RejectedMessage, RowBlock } from './telemetry/index.js';
export type { CollectorIdentity, ConnectionSnapshot, NodeIdentity } from './storage/index.js';
export { type MessageRow, msgOf, readTuple, splitTuples, timeOf, typeName } from './storage/index.js';
export { type UpgradeRefusal, type UpgradeRefusalReason, UpgradeGuard } from './telemetry/index.js';
export { AccessGuard, FeedGuard, TokenFeedGuard, TokenGuard } from './platform/access/index.js';

// Modules and their options
export { AccessModule, type AccessModuleOptions } from './platform/access/index.js';
export { BenchmarksModule } from './benchmarks/index.js';
export { ClientAddresses, ClientAddressModule } from './platform/client-address/index.js';
export { BatchQueueModule, Delivery, DeliveryModule, type DeliveryModuleOptions } from './delivery/index.js';
export { FeedModule, type FeedModuleOptions, FeedTopicsModule } from './feed/index.js';
export { HealthModule } from './health/index.js';
export { HttpModule } from './platform/http/index.js';
export { HttpServerModule } from './platform/http-server/index.js';
export { DeadlineExceededError, withDeadline } from './platform/async/index.js';
export { Deadline, Lifecycle, LifecycleModule } from './platform/lifecycle/index.js';
export { MetricsModule } from './platform/metrics/index.js';
export { NetworkModule } from './network/index.js';
export { PurgeModule, PurgeRegistry, withPurge } from './purge/index.js';
export type {
  Expired,
  ExpiringRows,
  Purge,
  PurgeContext,
  PurgePart,
  PurgePreview,
  PurgeReport,
} from './purge/index.js';
export { QueryModule } from './query/index.js';
export { ReputationModule } from './reputation/index.js';
export { type Migration, StorageModule, type StorageModuleOptions } from './storage/index.js';
export { TelemetryModule, type TelemetryModuleOptions } from './telemetry/index.js';
export type { DashboardOptions, DashboardPage } from './dashboard/index.js';

// The database
export {
  AuditLogMessage,
  Benchmark,
  BenchmarkEvent,
  Collector,
  ExpiringLogMessage,
  HostSystem,
  IngestBatch,
  type PeerConnection,
  PeerConnectionEntity,
  StoredRejectedMessage,
  TetcoreLog,
} from './storage/index.js';
export { DATABASE_URL, dataSourceOptions, ensureDatabase, migrate } from './storage/index.js';

// Routes that answer as the others do
export { AnyQuery, BeforeStart, JsonText, Open, Problem, problem } from './platform/http/index.js';
