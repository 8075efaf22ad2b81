import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/index.js';
import { ExpiredPartitions } from './expired-partitions.js';
import { Purge } from './purge.js';
import { PurgeMetrics, purgeMetricProviders } from './purge.metrics.js';
import { PurgeSchedule } from './purge-schedule.js';

/** Keeps messages of `/` for `LOG_EXPIRY_H`, and what belongs to them no longer. */
@Module({
  imports: [StorageModule],
  providers: [...purgeMetricProviders, ExpiredPartitions, Purge, PurgeMetrics, PurgeSchedule],
  exports: [Purge],
})
export class PurgeModule {}
