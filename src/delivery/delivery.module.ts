import { type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { StorageModule } from '../storage/index.js';
import { BatchQueue, TelemetrySharedModule } from '../telemetry/index.js';
import {
  hookMetricProviders,
  HookMetrics,
  AFTER_STORE_HOOKS,
  AfterStoreHooks,
  type AfterStoreHook,
} from './after-store/index.js';
import { BatchSink } from './batch-sink.port.js';
import { DeliveryWriters } from './delivery-writers.js';
import { Delivery } from './delivery.js';
import { deliveryMetricProviders, DeliveryMetrics } from './delivery.metrics.js';
import { JournalReplay } from './journal-replay.js';
import { JournalService } from './journal.service.js';
import { Outages } from './outages.js';
import { PostgresSink } from './postgres/postgres.sink.js';
import { DeliveryQueue } from './queue/delivery-queue.js';
import { SecondarySinks, sinkMetricProviders, SinkMetrics, SECONDARY_SINKS } from './secondary-sinks.js';

/** The queue of batches, and its journal. */
@Module({
  imports: [StorageModule, TelemetrySharedModule],
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

export interface DeliveryModuleOptions {
  /** Modules that export the dependencies of the classes below. */
  imports?: ModuleMetadata['imports'];
  /**
   * Secondary sinks. They get each batch after PostgreSQL has stored it, and the journal keeps it until all have stored
   * it: a sink that fails fills the journal, as PostgreSQL does.
   */
  sinks?: readonly Type<BatchSink>[];
  /** Called with messages after they are stored. Hooks that are too slow miss some. */
  hooks?: readonly Type<AfterStoreHook>[];
}

/** Delivers every batch to the sinks, exactly once: queue, journal and writers. */
@Module({})
export class DeliveryModule {
  static forRoot({ imports = [], sinks = [], hooks = [] }: DeliveryModuleOptions = {}): DynamicModule {
    return {
      module: DeliveryModule,
      imports: [BatchQueueModule, StorageModule, TelemetrySharedModule, ...imports],
      providers: [
        ...sinkMetricProviders,
        ...hookMetricProviders,
        ...sinks,
        ...hooks,
        Delivery,
        DeliveryWriters,
        JournalReplay,
        Outages,
        SecondarySinks,
        PostgresSink,
        SinkMetrics,
        HookMetrics,
        AfterStoreHooks,
        { provide: BatchSink, useExisting: PostgresSink },
        { provide: SECONDARY_SINKS, inject: [...sinks], useFactory: (...made: BatchSink[]) => made },
        { provide: AFTER_STORE_HOOKS, inject: [...hooks], useFactory: (...made: AfterStoreHook[]) => made },
      ],
      exports: [Delivery, ...sinks, ...hooks],
    };
  }
}
