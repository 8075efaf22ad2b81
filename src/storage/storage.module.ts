import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../config/index.js';
import { BatchSink } from '../delivery/index.js';
import { CollectorRegistry } from './collector/collector-registry.js';
import { dataSourceOptions } from './data-source-options.js';
import { DATABASE_URL } from './database-url.js';
import { PartitionManager } from './partitions/partition-manager.js';
import { PostgresSink } from './sink/postgres.sink.js';
import { DatabaseStartup } from './startup/database-startup.js';
import { StorageUpkeep } from './storage-upkeep.js';
import { WriterPool } from './writer-pool.js';

export interface StorageModuleOptions {
  /** The URL of the database. */
  url: string;
}

/** PostgreSQL: entities, migrations, partitions, and the sink in which batches end. */
@Module({})
export class StorageModule {
  static forRoot({ url }: StorageModuleOptions): DynamicModule {
    return {
      module: StorageModule,
      global: true,
      imports: [
        ScheduleModule.forRoot(),
        // The server starts without its database: DatabaseStartup connects when it is there.
        TypeOrmModule.forRoot({ ...dataSourceOptions(url), manualInitialization: true }),
      ],
      providers: [
        { provide: DATABASE_URL, useValue: url },
        CollectorRegistry,
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
