import { Injectable, type NestMiddleware } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { NextFunction, Request, Response } from 'express';
import { Histogram } from 'prom-client';

/** Counts requests by the route that answered, and how long each took until its last byte or its end. */
@Injectable()
export class HttpRequestsMiddleware implements NestMiddleware {
  constructor(@InjectMetric('tetcore_http_request_seconds') private readonly seconds: Histogram) {}

  use(request: Request, response: Response, next: NextFunction): void {
    const end = this.seconds.startTimer();
    // Also where the client goes away before the end.
    response.on('close', () => {
      end({ method: request.method, route: routeOf(request), status: response.statusCode });
    });
    next();
  }
}

/** As it is declared: what clients make up would be labels without end. */
function routeOf(request: Request): string {
  const { path } = (request.route as { path?: unknown } | undefined) ?? {};
  return typeof path === 'string' && !path.includes('*') ? path : 'other';
}
