import { Module, type ValueProvider } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../platform/config/index.js';
import { ClockAlarm } from './clock/clock-alarm.js';
import { DatabaseClock, LocalClock, SystemClock } from './clock/database-clock.js';
import { CollectorId } from './maintenance/collector/collector-id.js';
import { CollectorRegistry } from './maintenance/collector/collector-registry.js';
import { DATABASE_URL, dataSourceOptions, type Migration } from './connections/data-source-options.js';
import { PartitionManager } from './partitions/partition-manager.js';
import { HeldBatches } from './maintenance/collector/stored-batches.js';
import {
  DatabaseSize,
  databaseSizeMetricProviders,
  DatabaseSizeMetrics,
} from './maintenance/database-size.js';
import { DatabaseStartup } from './maintenance/startup/database-startup.js';
import { StorageMaintenance } from './maintenance/storage-maintenance.js';
import { WriterPool } from './connections/writer-pool.js';
import { databaseMetricProviders, DatabaseWatch } from './maintenance/database-watch.js';

export interface StorageModuleOptions {
  url: string;
  /** Migrations of a team, which are applied after those of the server. Table names must not collide. */
  migrations?: readonly Migration[];
}

/** Injection token: the migrations of a team. */
const MIGRATIONS = Symbol('MIGRATIONS');

/**
 * PostgreSQL: connections, schema, entities, migrations, partitions and reads. Its options, see
 * {@link StorageModule.options}, are provided by the module of the settings.
 */
@Module({
  imports: [
    ScheduleModule.forRoot(),
    TypeOrmModule.forRootAsync({
      inject: [DATABASE_URL, MIGRATIONS],
      useFactory: (url: string, migrations: readonly Migration[]) => ({
        ...dataSourceOptions(url, migrations),
        // For entities that other modules register by `TypeOrmModule.forFeature`.
        autoLoadEntities: true,
        // The server starts without its database. DatabaseStartup connects once it is reachable.
        manualInitialization: true,
      }),
    }),
  ],
  providers: [
    ...databaseMetricProviders,
    ...databaseSizeMetricProviders,
    ClockAlarm,
    CollectorId,
    CollectorRegistry,
    DatabaseClock,
    DatabaseSize,
    DatabaseSizeMetrics,
    DatabaseStartup,
    DatabaseWatch,
    HeldBatches,
    PartitionManager,
    StorageMaintenance,
    { provide: LocalClock, useClass: SystemClock },
    {
      provide: WriterPool,
      inject: [DATABASE_URL, Settings],
      useFactory: (url: string, settings: Settings) => new WriterPool(url, settings.DB_POOL_SIZE),
    },
  ],
  exports: [
    ClockAlarm,
    CollectorId,
    CollectorRegistry,
    DatabaseClock,
    DatabaseStartup,
    DatabaseWatch,
    HeldBatches,
    LocalClock,
    PartitionManager,
    TypeOrmModule,
    WriterPool,
  ],
})
export class StorageModule {
  static options({ url, migrations = [] }: StorageModuleOptions): ValueProvider[] {
    return [
      { provide: DATABASE_URL, useValue: url },
      { provide: MIGRATIONS, useValue: migrations },
    ];
  }
}
