import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import { Counter } from 'prom-client';

export const accessMetricProviders = [
  makeCounterProvider({
    name: 'tetcore_http_unauthorized_total',
    help: 'HTTP requests that were refused with 401, 403 or 421, by reason.',
    labelNames: ['reason'],
  }),
];

/**
 * `origin`: from a page that may not use the live feed or change data. `host`: to a name that is not the server's. The
 * others are about tokens.
 */
export type AccessRefusalReason = 'missing' | 'malformed' | 'unknown' | 'scope' | 'origin' | 'host';

@Injectable()
export class AccessMetrics {
  constructor(@InjectMetric('tetcore_http_unauthorized_total') private readonly refusals: Counter) {}

  refused(reason: AccessRefusalReason): void {
    this.refusals.inc({ reason });
  }
}
