import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Gauge } from 'prom-client';
import type { PassResult } from './aggregator-pass.js';

export const insightMetricProviders = [
  makeGaugeProvider({
    name: 'tetcore_insight_stored_until_timestamp_seconds',
    help: 'Messages that were stored until then are aggregated, by any replica.',
  }),
  makeCounterProvider({
    name: 'tetcore_insight_messages_total',
    help: 'Messages that this replica aggregated.',
  }),
  makeCounterProvider({
    name: 'tetcore_insight_late_messages_total',
    help: 'Messages that were stored when the minute of their arrival was closed. The hour is computed again soon.',
  }),
  makeCounterProvider({
    name: 'tetcore_insight_repaired_hours_total',
    help: 'Hours that this replica computed again, because messages were stored or gaps were recorded late.',
  }),
  makeCounterProvider({
    name: 'tetcore_insight_failures_total',
    help: 'Failed passes of the aggregation. The next one makes up for it.',
  }),
];

/** Unknown values are absent, rather than 0. */
@Injectable()
export class InsightMetrics {
  constructor(
    @InjectMetric('tetcore_insight_stored_until_timestamp_seconds') private readonly storedUntil: Gauge,
    @InjectMetric('tetcore_insight_messages_total') private readonly messages: Counter,
    @InjectMetric('tetcore_insight_late_messages_total') private readonly late: Counter,
    @InjectMetric('tetcore_insight_repaired_hours_total') private readonly repairedHours: Counter,
    @InjectMetric('tetcore_insight_failures_total') private readonly failures: Counter,
  ) {
    // A gauge without labels begins with 0.
    storedUntil.remove();
  }

  /** @param state seconds since the epoch */
  is({ storedUntil }: { storedUntil: number | null }): void {
    if (storedUntil !== null) this.storedUntil.set(storedUntil);
  }

  read({ messages, late }: PassResult): void {
    this.messages.inc(messages);
    this.late.inc(late);
  }

  repaired(): void {
    this.repairedHours.inc();
  }

  failed(): void {
    this.failures.inc();
  }
}
