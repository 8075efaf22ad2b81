export { BatchSink, type StoreResult } from './batch-sink.port.js';
export { Delivery } from './delivery.js';
export { DeliveryModule } from './delivery.module.js';
