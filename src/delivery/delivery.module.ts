import { type DynamicModule, Module } from '@nestjs/common';
import { BatchQueue, TelemetrySharedModule } from '../telemetry/index.js';
import { Delivery } from './delivery.js';
import { DeliveryMetrics, deliveryMetricProviders } from './delivery.metrics.js';
import { DeliveryWriters } from './delivery-writers.js';
import { JournalService } from './journal.service.js';
import { JournalReplay } from './journal-replay.js';
import { Outage } from './outage.js';
import { DeliveryQueue } from './queue/delivery-queue.js';

/** Brings every batch to the sink, exactly once: queue, journal and writers. */
@Module({})
export class DeliveryModule {
  static forRoot(): DynamicModule {
    return {
      module: DeliveryModule,
      global: true,
      imports: [TelemetrySharedModule],
      providers: [
        ...deliveryMetricProviders,
        Delivery,
        DeliveryMetrics,
        DeliveryQueue,
        DeliveryWriters,
        JournalReplay,
        JournalService,
        Outage,
        { provide: BatchQueue, useExisting: DeliveryQueue },
      ],
      exports: [BatchQueue, Delivery],
    };
  }
}
