import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import { Counter } from 'prom-client';

export const httpConnectionsMetricProvider = makeCounterProvider({
  name: 'tetcore_http_connections_refused_total',
  help: 'TCP connections that were ended before there was a request to answer, by reason.',
  labelNames: ['reason'],
});

/**
 * `too_many`: beyond `HTTP_MAX_CONNECTIONS`, or what the port of metrics takes. `idle_evicted`: without a request under
 * way, when there was no room for another. `too_slow`: no whole request in
 * time. `headers_too_large`: more than 16 KiB. `malformed`: not HTTP.
 */
export type ConnectionRefusal = 'too_many' | 'idle_evicted' | 'too_slow' | 'headers_too_large' | 'malformed';

@Injectable()
export class HttpConnectionsMetrics {
  constructor(@InjectMetric('tetcore_http_connections_refused_total') private readonly refusals: Counter) {}

  refused(reason: ConnectionRefusal): void {
    this.refusals.inc({ reason });
  }
}
