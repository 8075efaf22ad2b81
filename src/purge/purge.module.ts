import { Module } from '@nestjs/common';
import { Settings } from '../platform/config/index.js';
import { StorageModule } from '../storage/index.js';
import { registerOwnParts } from './own-parts.js';
import { Purge } from './purge.js';
import { purgeMetricProviders, PurgeMetrics, PurgeSchedule } from './purge-schedule.js';
import { PurgeRegistry, PurgeRegistryModule } from './purge-registry.js';

/** Removes messages of `/` after `LOG_EXPIRY_H` and the rows that belong to them, and what a team registers. */
@Module({
  imports: [PurgeRegistryModule, StorageModule],
  providers: [...purgeMetricProviders, Purge, PurgeMetrics, PurgeSchedule],
  exports: [Purge],
})
export class PurgeModule {
  constructor(registry: PurgeRegistry, settings: Settings) {
    registerOwnParts(registry, settings);
  }
}
