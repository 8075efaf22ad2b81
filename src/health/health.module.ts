import { Module } from '@nestjs/common';
import { BatchQueueModule } from '../delivery/index.js';
import { StorageModule } from '../storage/index.js';
import { HealthController } from './health.controller.js';
import { ReadinessCheck, readinessMetricProvider } from './readiness-check.js';

@Module({
  imports: [BatchQueueModule, StorageModule],
  controllers: [HealthController],
  providers: [ReadinessCheck, readinessMetricProvider],
})
export class HealthModule {}
