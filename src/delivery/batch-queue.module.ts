import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/index.js';
import { BatchQueue } from '../telemetry/index.js';
import { DeliveryMetrics, deliveryMetricProviders } from './delivery.metrics.js';
import { JournalService } from './journal.service.js';
import { DeliveryQueue } from './queue/delivery-queue.js';

/** Where batches wait: the queue that the intake fills, and its journal. */
@Module({
  imports: [StorageModule],
  providers: [
    ...deliveryMetricProviders,
    DeliveryMetrics,
    DeliveryQueue,
    JournalService,
    { provide: BatchQueue, useExisting: DeliveryQueue },
  ],
  exports: [BatchQueue, DeliveryMetrics, DeliveryQueue, JournalService],
})
export class BatchQueueModule {}
