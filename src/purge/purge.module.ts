import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/index.js';
import { registerOwnParts } from './own-parts.js';
import { Purge } from './purge.js';
import { purgeMetricProviders, PurgeMetrics, PurgeSchedule } from './purge-schedule.js';
import { PurgeRegistry } from './purge-registry.js';

/** Removes messages of `/` after `LOG_EXPIRY_H` and the rows that belong to them, and what a team registers. */
@Module({
  imports: [StorageModule],
  providers: [...purgeMetricProviders, Purge, PurgeMetrics, PurgeRegistry, PurgeSchedule],
  exports: [Purge, PurgeRegistry],
})
export class PurgeModule {
  constructor(registry: PurgeRegistry) {
    registerOwnParts(registry);
  }
}
