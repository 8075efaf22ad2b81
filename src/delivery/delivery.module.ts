import { type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { StorageModule } from '../storage/index.js';
import { TelemetrySharedModule } from '../telemetry/index.js';
import { BatchQueueModule } from './batch-queue.module.js';
import { BatchSink } from './batch-sink.port.js';
import { Delivery } from './delivery.js';
import { DeliveryWriters } from './delivery-writers.js';
import { JournalReplay } from './journal-replay.js';
import { Outages } from './outages.js';
import { PostgresSink } from './postgres/postgres.sink.js';
import { OtherSinks, SinkMetrics, sinkMetricProviders, SINKS } from './sinks/index.js';
import { StageMetrics, stageMetricProviders, STAGES, Stages, type StoredStage } from './stages/index.js';

export interface DeliveryModuleOptions {
  /** Modules that export what the classes below need. */
  imports?: ModuleMetadata['imports'];
  /**
   * Sinks beside PostgreSQL. A batch is brought to them after it is stored there, and is done with once all have it:
   * one that is away holds messages back as PostgreSQL does.
   */
  sinks?: readonly Type<BatchSink>[];
  /** What looks at messages after they are stored, and may miss some. */
  stages?: readonly Type<StoredStage>[];
}

/** Brings every batch to the sinks, exactly once: queue, journal and writers. */
@Module({})
export class DeliveryModule {
  static forRoot({ imports = [], sinks = [], stages = [] }: DeliveryModuleOptions = {}): DynamicModule {
    return {
      module: DeliveryModule,
      imports: [BatchQueueModule, StorageModule, TelemetrySharedModule, ...imports],
      providers: [
        ...sinkMetricProviders,
        ...stageMetricProviders,
        ...sinks,
        ...stages,
        Delivery,
        DeliveryWriters,
        JournalReplay,
        OtherSinks,
        Outages,
        PostgresSink,
        SinkMetrics,
        StageMetrics,
        Stages,
        { provide: BatchSink, useExisting: PostgresSink },
        { provide: SINKS, inject: [...sinks], useFactory: (...made: BatchSink[]) => made },
        { provide: STAGES, inject: [...stages], useFactory: (...made: StoredStage[]) => made },
      ],
      exports: [Delivery, ...sinks, ...stages],
    };
  }
}
