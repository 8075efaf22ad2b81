export { BatchSink, type StoreResult } from './batch-sink.port.js';
export { PostgresSink } from './postgres/postgres.sink.js';
export { BatchQueueModule, DeliveryModule, type DeliveryModuleOptions } from './delivery.module.js';
export { Delivery } from './delivery.js';
export { JournalService } from './journal.service.js';
export { inspectAbandonedJournals, type JournalSummary } from './journal/index.js';
export { AfterStoreHook, type KnownNode, knownNodeOf, StoredMessage } from './after-store/index.js';
