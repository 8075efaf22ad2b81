import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AccessModule, type AccessModuleOptions } from './platform/access/index.js';
import { BenchmarksModule } from './benchmarks/index.js';
import { ConfigModule, type Settings } from './platform/config/index.js';
import type { DashboardOptions } from './dashboard/index.js';
import { BatchQueueModule, DeliveryModule, type DeliveryModuleOptions } from './delivery/index.js';
import { FeedModule } from './feed/index.js';
import { HealthModule } from './health/index.js';
import { OutsideServerError } from './platform/errors/index.js';
import { HttpModule } from './platform/http/index.js';
import { BoundedHttpAdapter, HttpServerModule } from './platform/http-server/index.js';
import { InsightModule } from './insight/index.js';
import { LifecycleModule } from './platform/lifecycle/index.js';
import { MetricsModule } from './platform/metrics/index.js';
import type { DescribeApi } from './platform/openapi/index.js';
import { NetworkModule } from './network/index.js';
import { ObserverModule } from './observer/index.js';
import { PurgeModule } from './purge/index.js';
import { QueryModule } from './query/index.js';
import { RegistryModule } from './registry/index.js';
import { ReputationModule } from './reputation/index.js';
import { StorageModule, type StorageModuleOptions } from './storage/index.js';
import { TelemetryModule, type TelemetryModuleOptions } from './telemetry/index.js';

/** Additions and replacements of a team. */
export interface Extensions {
  /**
   * Modules of the team: routes, entities (`TypeOrmModule.forFeature`), metrics, scheduled tasks. Their exports can be
   * injected into every class below.
   */
  imports?: ModuleMetadata['imports'];
  telemetry?: Omit<TelemetryModuleOptions, 'imports'>;
  access?: Omit<AccessModuleOptions, 'imports'>;
  delivery?: Omit<DeliveryModuleOptions, 'imports'>;
  storage?: Omit<StorageModuleOptions, 'url'>;
  dashboard?: DashboardOptions;
  /** Changes the title, servers, security scheme and the like of the OpenAPI document. */
  openapi?: DescribeApi;
}

/**
 * The path of a message: telemetry (sockets, batches) → delivery (journal, writers) → storage → query. Each module
 * imports the modules whose classes it uses. Only settings and the state of the process are global. `startServer`
 * starts it, and nothing else can.
 */
@Module({})
export class AppModule {
  /** By another adapter, and so without the start sequence, every request would get 503, and nothing would be stored. */
  constructor({ httpAdapter }: HttpAdapterHost) {
    if (!(httpAdapter instanceof BoundedHttpAdapter)) throw new OutsideServerError('AppModule');
  }

  static forRoot(
    settings: Settings,
    databaseUrl: string,
    { imports = [], telemetry, access, delivery, storage }: Extensions = {},
  ): DynamicModule {
    // A dynamic module: imported by this object. All others are imported by their class.
    const accessModule = AccessModule.forRoot({ imports, ...access });
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(settings, StorageModule.options({ url: databaseUrl, ...storage })),
        LifecycleModule,
        HttpServerModule,
        // Access first, because guards run in this order: an unauthorized request gets no other error.
        accessModule,
        HttpModule,
        TelemetryModule.forRoot({ imports: [BatchQueueModule, ObserverModule, ...imports], ...telemetry }),
        DeliveryModule.forRoot({ imports, ...delivery }),
        StorageModule,
        ObserverModule,
        PurgeModule,
        RegistryModule,
        InsightModule,
        QueryModule,
        ReputationModule,
        BenchmarksModule,
        FeedModule.forRoot({ imports: [accessModule] }),
        NetworkModule,
        HealthModule,
        MetricsModule,
        ...imports,
      ],
    };
  }
}
