import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PurgeRegistryModule, PurgeRegistry } from 'tetcore-analytics';
import { Block } from './block.entity.js';
import { Fork } from './fork.entity.js';
import { ForkMetrics, forkMetricProviders } from './fork.metrics.js';
import { ForksController } from './forks.controller.js';
import { ForkWatch } from './fork-watch.service.js';
import { ForkSettings } from './fork-settings.js';
import { Webhook } from './webhook.js';

const DAY_MS = 86_400_000;

/** Detects forks in the blocks that nodes report. */
@Module({
  imports: [PurgeRegistryModule, TypeOrmModule.forFeature([Block, Fork])],
  controllers: [ForksController],
  providers: [
    ...forkMetricProviders,
    ForkMetrics,
    ForkWatch,
    { provide: ForkSettings, useFactory: () => ForkSettings.from(process.env) },
    Webhook,
  ],
  exports: [ForkWatch],
})
export class ForkWatchModule {
  constructor(purge: PurgeRegistry) {
    purge.registerRows({
      table: 'fork_watch_blocks',
      key: ['chain_key', 'kind', 'height', 'hash'],
      orderBy: 'seen_at',
      kept: DAY_MS,
    });
  }
}
