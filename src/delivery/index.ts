export { BatchSink, type StoreResult } from './batch-sink.port.js';
export { PostgresSink } from './postgres/postgres.sink.js';
export { BatchQueueModule } from './batch-queue.module.js';
export { Delivery } from './delivery.js';
export { JournalService } from './journal.service.js';
export { type LeftJournal, leftJournals } from './journal/index.js';
export { DeliveryModule, type DeliveryModuleOptions } from './delivery.module.js';
export { type KnownNode, StoredMessage, StoredStage } from './stages/index.js';
