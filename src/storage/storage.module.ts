import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../config/index.js';
import { BatchSink } from '../delivery/index.js';
import { CollectorRegistry } from './collector/collector-registry.js';
import { dataSourceOptions, type Migration } from './data-source-options.js';
import { DATABASE_URL } from './database-url.js';
import { PartitionManager } from './partitions/partition-manager.js';
import { PostgresSink } from './sink/postgres.sink.js';
import { DatabaseSize } from './size/database-size.js';
import { DatabaseSizeMetrics, databaseSizeMetricProviders } from './size/database-size.metrics.js';
import { DatabaseStartup } from './startup/database-startup.js';
import { StorageUpkeep } from './storage-upkeep.js';
import { WriterPool } from './writer-pool.js';

export interface StorageModuleOptions {
  /** The URL of the database. */
  url: string;
  /** Those of a team's own, which are applied after ours. Their tables had better not begin like ours. */
  migrations?: readonly Migration[];
}

/** PostgreSQL: entities, migrations, partitions, and the sink in which batches end. */
@Module({})
export class StorageModule {
  static forRoot({ url, migrations }: StorageModuleOptions): DynamicModule {
    return {
      module: StorageModule,
      global: true,
      imports: [
        ScheduleModule.forRoot(),
        TypeOrmModule.forRoot({
          ...dataSourceOptions(url, migrations),
          // Those that other modules name by `TypeOrmModule.forFeature`.
          autoLoadEntities: true,
          // The server starts without its database: DatabaseStartup connects when it is there.
          manualInitialization: true,
        }),
      ],
      providers: [
        { provide: DATABASE_URL, useValue: url },
        ...databaseSizeMetricProviders,
        CollectorRegistry,
        DatabaseSize,
        DatabaseSizeMetrics,
        DatabaseStartup,
        PartitionManager,
        PostgresSink,
        StorageUpkeep,
        {
          provide: WriterPool,
          inject: [Settings],
          useFactory: (settings: Settings) => new WriterPool(url, settings.DB_POOL_SIZE),
        },
        { provide: BatchSink, useExisting: PostgresSink },
      ],
      exports: [BatchSink, DatabaseStartup, PartitionManager, TypeOrmModule],
    };
  }
}
