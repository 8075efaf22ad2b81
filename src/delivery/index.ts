export { BatchSink, type StoreResult } from './batch-sink.port.js';
export { PostgresSink } from './postgres/postgres.sink.js';
export { BatchQueueModule, DeliveryModule, type DeliveryModuleOptions } from './delivery.module.js';
export { Delivery } from './delivery.js';
export { JournalService } from './journal.service.js';
export { type JournalSummary, inspectAbandonedJournals } from './journal/index.js';
export { type KnownNode, StoredMessage, AfterStoreHook } from './after-store/index.js';
