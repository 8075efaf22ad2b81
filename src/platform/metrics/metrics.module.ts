import { type DynamicModule, type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { makeGaugeProvider, makeHistogramProvider, PrometheusModule } from '@willsoto/nestjs-prometheus';
import { BuildInfo } from './build-info.js';
import { HttpRequestsMiddleware } from './http-requests.middleware.js';
import { MetricsPortModule } from './metrics-port.module.js';
import { MetricsController } from './metrics.controller.js';

/** Its controller asks for the port, and has no other module than this. */
const library: DynamicModule = {
  ...PrometheusModule.register({
    path: '/metrics',
    controller: MetricsController,
    defaultMetrics: { enabled: true },
  }),
  imports: [MetricsPortModule],
};

/** `GET /metrics`. Each module defines its own metrics; those of the process are added here. */
@Module({
  imports: [library],
  providers: [
    BuildInfo,
    makeGaugeProvider({
      name: 'tetcore_build_info',
      help: 'Always 1; the version is in the label.',
      labelNames: ['version'],
    }),
    makeHistogramProvider({
      name: 'tetcore_http_request_seconds',
      help: 'What HTTP requests took, until the end of their answers.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60],
    }),
  ],
})
export class MetricsModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(HttpRequestsMiddleware).forRoutes('{*path}');
  }
}
