import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeHistogramProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Histogram } from 'prom-client';

export const sinkMetricProviders = [
  makeCounterProvider({
    name: 'tetcore_sink_batches_total',
    help: 'Batches delivered to a secondary sink, by outcome: stored, duplicate, failed (and retried) or lost.',
    labelNames: ['sink', 'outcome'],
  }),
  makeCounterProvider({
    name: 'tetcore_sink_messages_refused_total',
    help: 'Messages that a secondary sink rejected.',
    labelNames: ['sink'],
  }),
  makeHistogramProvider({
    name: 'tetcore_sink_write_seconds',
    help: 'Duration of a successful write to a secondary sink.',
    labelNames: ['sink'],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
  }),
];

@Injectable()
export class SinkMetrics {
  constructor(
    @InjectMetric('tetcore_sink_batches_total') private readonly batches: Counter,
    @InjectMetric('tetcore_sink_messages_refused_total') private readonly refusals: Counter,
    @InjectMetric('tetcore_sink_write_seconds') private readonly writeTime: Histogram,
  ) {}

  /** @param startedAt by `performance.now()` */
  took(sink: string, outcome: 'stored' | 'duplicate', refused: number, startedAt: number): void {
    this.batches.inc({ sink, outcome });
    if (refused > 0) this.refusals.inc({ sink }, refused);
    this.writeTime.observe({ sink }, (performance.now() - startedAt) / 1000);
  }

  failed(sink: string): void {
    this.batches.inc({ sink, outcome: 'failed' });
  }

  lost(sink: string): void {
    this.batches.inc({ sink, outcome: 'lost' });
  }
}
