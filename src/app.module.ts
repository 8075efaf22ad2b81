import { type DynamicModule, Module } from '@nestjs/common';
import { AccessModule } from './access/index.js';
import { BenchmarksModule } from './benchmarks/index.js';
import { ClientAddressModule } from './client-address/index.js';
import { ConfigModule, type Settings } from './config/index.js';
import { DeliveryModule } from './delivery/index.js';
import { FeedModule } from './feed/index.js';
import { HealthModule } from './health/index.js';
import { HttpServerModule } from './http-server/index.js';
import { LifecycleModule } from './lifecycle/index.js';
import { MetricsModule } from './metrics/index.js';
import { NetworkModule } from './network/index.js';
import { PurgeModule } from './purge/index.js';
import { QueryModule } from './query/index.js';
import { ReputationModule } from './reputation/index.js';
import { StorageModule } from './storage/index.js';
import { TelemetryModule } from './telemetry/index.js';

/** The way of a message: telemetry (sockets, batches) → delivery (journal, writers) → storage → query. */
@Module({})
export class AppModule {
  static forRoot(settings: Settings, databaseUrl: string): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(settings),
        LifecycleModule,
        ClientAddressModule,
        HttpServerModule,
        AccessModule,
        TelemetryModule,
        DeliveryModule.forRoot(),
        StorageModule.forRoot({ url: databaseUrl }),
        PurgeModule,
        QueryModule,
        ReputationModule,
        BenchmarksModule,
        FeedModule,
        NetworkModule,
        HealthModule,
        MetricsModule,
      ],
    };
  }
}
