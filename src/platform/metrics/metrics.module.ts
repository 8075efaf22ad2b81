import {
  Controller,
  type DynamicModule,
  Get,
  Header,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestMiddleware,
  type NestModule,
  UseGuards,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  InjectMetric,
  makeGaugeProvider,
  makeHistogramProvider,
  PrometheusModule,
} from '@willsoto/nestjs-prometheus';
import type { NextFunction, Request, Response } from 'express';
import { Gauge, Histogram, register } from 'prom-client';
import { PACKAGE_VERSION } from '../config/index.js';
import { ApiProblems, BeforeStart, Open } from '../http/index.js';
import { MetricsPortGuard, MetricsPortModule } from './metrics-port.js';
import { settingGaugeProviders, SettingGauges } from './setting-gauges.js';

@ApiTags('Server')
@Controller()
@BeforeStart()
@UseGuards(MetricsPortGuard)
class MetricsController {
  @Get()
  @Open()
  @Header('Content-Type', register.contentType)
  @ApiOperation({
    operationId: 'getMetrics',
    summary: 'The metrics of the server',
    description: 'If `METRICS_PORT` is set, only that port serves them, and this one responds with 404.',
  })
  @ApiOkResponse({
    description: 'The text format of Prometheus.',
    content: {
      'text/plain': {
        schema: { type: 'string' },
        example: 'tetcore_build_info{version="0.2.0"} 1\n',
      },
    },
  })
  @ApiProblems(400, 404)
  async index(): Promise<string> {
    return await register.metrics();
  }
}

@Injectable()
class BuildInfo {
  constructor(@InjectMetric('tetcore_build_info') gauge: Gauge) {
    gauge.set({ version: PACKAGE_VERSION }, 1);
  }
}

/** Measures requests by route, until the end of the response. */
@Injectable()
class HttpRequestsMiddleware implements NestMiddleware {
  constructor(@InjectMetric('tetcore_http_request_seconds') private readonly seconds: Histogram) {}

  use(request: Request, response: Response, next: NextFunction): void {
    const end = this.seconds.startTimer();
    // `close` is also emitted if the client closes its connection before.
    response.on('close', () => {
      end({ method: request.method, route: routeOf(request), status: response.statusCode });
    });
    next();
  }
}

/** The route as declared: paths of clients would create an unlimited number of labels. */
function routeOf(request: Request): string {
  const { path } = (request.route as { path?: unknown } | undefined) ?? {};
  return typeof path === 'string' && !path.includes('*') ? path : 'other';
}

/** The controller depends on MetricsPort, and belongs to this module. */
const library: DynamicModule = {
  ...PrometheusModule.register({
    path: '/metrics',
    controller: MetricsController,
    defaultMetrics: { enabled: true },
  }),
  imports: [MetricsPortModule],
};

/** `GET /metrics`. Each module defines its own metrics. */
@Module({
  imports: [library],
  providers: [
    BuildInfo,
    SettingGauges,
    ...settingGaugeProviders,
    makeGaugeProvider({
      name: 'tetcore_build_info',
      help: 'Always 1; the version is in the label.',
      labelNames: ['version'],
    }),
    makeHistogramProvider({
      name: 'tetcore_http_request_seconds',
      help: 'Duration of HTTP requests until the end of the response, in seconds.',
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
