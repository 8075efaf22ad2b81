import { Module, type ValueProvider } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../platform/config/index.js';
import { ClockAlarm } from './clock/clock-alarm.js';
import { DatabaseClock } from './clock/database-clock.js';
import { LocalClock, SystemClock } from './clock/local-clock.js';
import { CollectorId } from './maintenance/collector/collector-id.js';
import { CollectorRegistry } from './maintenance/collector/collector-registry.js';
import { dataSourceOptions, type Migration } from './connections/data-source-options.js';
import { DATABASE_URL } from './connections/database-url.js';
import { PartitionManager } from './partitions/partition-manager.js';
import { HeldBatches } from './maintenance/collector/held-batches.js';
import { DatabaseSize } from './maintenance/size/database-size.js';
import {
  DatabaseSizeMetrics,
  databaseSizeMetricProviders,
} from './maintenance/size/database-size.metrics.js';
import { DatabaseStartup } from './maintenance/startup/database-startup.js';
import { StorageUpkeep } from './maintenance/storage-upkeep.js';
import { WriterPool } from './connections/writer-pool.js';
import { databaseMetricProviders, DatabaseWatch } from './watch/database-watch.js';

export interface StorageModuleOptions {
  /** The URL of the database. */
  url: string;
  /** Those of a team's own, which are applied after ours. Their tables had better not begin like ours. */
  migrations?: readonly Migration[];
}

/** Token: a team's own migrations. */
const MIGRATIONS = Symbol('MIGRATIONS');

/**
 * PostgreSQL: connections, schema, entities, migrations, partitions, and reading. Whoever needs it imports the class.
 * What it is told from outside, {@link StorageModule.options}, is provided by the module of the settings.
 */

@Module({
  imports: [
    ScheduleModule.forRoot(),
    TypeOrmModule.forRootAsync({
      inject: [DATABASE_URL, MIGRATIONS],
      useFactory: (url: string, migrations: readonly Migration[]) => ({
        ...dataSourceOptions(url, migrations),
        // Those that other modules name by `TypeOrmModule.forFeature`.
        autoLoadEntities: true,
        // The server starts without its database: DatabaseStartup connects when it is there.
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
    StorageUpkeep,
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
