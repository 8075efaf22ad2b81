import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Block } from './block.entity.js';
import { Fork } from './fork.entity.js';
import { ForkMetrics, forkMetricProviders } from './fork.metrics.js';
import { ForksController } from './forks.controller.js';
import { ForkWatch } from './fork-watch.service.js';
import { ForkSettings } from './fork-settings.js';
import { Webhook } from './webhook.js';

/** Forks of the chains whose nodes report here. */
@Module({
  imports: [TypeOrmModule.forFeature([Block, Fork])],
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
export class ForkWatchModule {}
