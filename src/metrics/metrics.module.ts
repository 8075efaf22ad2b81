import { Module } from '@nestjs/common';
import { makeGaugeProvider, PrometheusModule } from '@willsoto/nestjs-prometheus';
import { BuildInfo } from './build-info.js';
import { MetricsController } from './metrics.controller.js';

/** `GET /metrics`. Each module defines its own metrics; those of the process are added here. */
@Module({
  imports: [
    PrometheusModule.register({
      path: '/metrics',
      controller: MetricsController,
      defaultMetrics: { enabled: true },
    }),
  ],
  providers: [
    BuildInfo,
    makeGaugeProvider({
      name: 'tetcore_build_info',
      help: 'Always 1; the version is in the label.',
      labelNames: ['version'],
    }),
  ],
})
export class MetricsModule {}
