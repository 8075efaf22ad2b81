import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { ReadinessCheck, readinessMetricProvider } from './readiness-check.js';

@Module({ controllers: [HealthController], providers: [ReadinessCheck, readinessMetricProvider] })
export class HealthModule {}
