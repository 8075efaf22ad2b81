import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/index.js';
import { registerOwn } from './own/register-own.js';
import { Purge } from './purge.js';
import { PurgeMetrics, purgeMetricProviders } from './purge.metrics.js';
import { PurgeRegistry } from './purge-registry.js';
import { PurgeSchedule } from './purge-schedule.js';

/** Keeps messages of `/` for `LOG_EXPIRY_H`, and what belongs to them no longer; and what a team registers. */
@Module({
  imports: [StorageModule],
  providers: [...purgeMetricProviders, Purge, PurgeMetrics, PurgeRegistry, PurgeSchedule],
  exports: [Purge, PurgeRegistry],
})
export class PurgeModule {
  constructor(registry: PurgeRegistry) {
    registerOwn(registry);
  }
}
