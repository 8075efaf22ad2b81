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

// What modules of a team import and inject
export { ClientAddresses, ClientAddressModule } from './platform/client-address/index.js';
export { PurgeRegistry, PurgeRegistryModule, withPurge } from './purge/index.js';
export type {
  Expired,
  ExpiringRows,
  Purge,
  PurgeContext,
  PurgePart,
  PurgePreview,
  PurgeReport,
} from './purge/index.js';
export { Delivery } from './delivery/index.js';
export { DeadlineExceededError, withDeadline } from './platform/async/index.js';
export { Deadline, Lifecycle } from './platform/lifecycle/index.js';

// Options
export type { AccessModuleOptions } from './platform/access/index.js';
export type { DashboardOptions, DashboardPage } from './dashboard/index.js';
export type { DeliveryModuleOptions } from './delivery/index.js';
export type { DescribeApi } from './platform/openapi/index.js';
export type { Migration, StorageModuleOptions } from './storage/index.js';
export type { TelemetryModuleOptions } from './telemetry/index.js';

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
