import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Gauge } from 'prom-client';
import type { PurgeReport } from './purge-report.js';

export const purgeMetricProviders = [
  makeCounterProvider({
    name: 'tetcore_purged_partitions_total',
    help: 'Partitions of expired messages dropped by this process.',
  }),
  makeCounterProvider({
    name: 'tetcore_purged_rows_total',
    help: 'Rows purged by this process, by table. Numbers of messages are estimates of PostgreSQL.',
    labelNames: ['table'],
  }),
  makeCounterProvider({
    name: 'tetcore_purges_total',
    help: 'Purges, by outcome: done, failed, left_to_another (another process was purging) or refused_clock (system and database clock differ).',
    labelNames: ['outcome'],
  }),
  makeGaugeProvider({
    name: 'tetcore_purge_last_success_timestamp_seconds',
    help: 'Time of the last complete purge of the database by any process. Absent until known.',
  }),
  makeGaugeProvider({ name: 'tetcore_purge_duration_seconds', help: 'Duration of the last purge.' }),
];

export type PurgeOutcome = 'done' | 'failed' | 'left_to_another' | 'refused_clock';

@Injectable()
export class PurgeMetrics {
  constructor(
    @InjectMetric('tetcore_purged_partitions_total') private readonly partitions: Counter,
    @InjectMetric('tetcore_purged_rows_total') private readonly rows: Counter,
    @InjectMetric('tetcore_purges_total') private readonly purges: Counter,
    @InjectMetric('tetcore_purge_last_success_timestamp_seconds') private readonly lastSuccess: Gauge,
    @InjectMetric('tetcore_purge_duration_seconds') private readonly duration: Gauge,
  ) {
    // 0 would look like the longest time without a purge.
    lastSuccess.remove();
  }

  ended(outcome: PurgeOutcome, seconds: number): void {
    this.purges.inc({ outcome });
    if (outcome === 'done' || outcome === 'failed') this.duration.set(seconds);
  }

  /** @param at milliseconds since the epoch, by the database's clock */
  lastSucceeded(at: number): void {
    this.lastSuccess.set(at / 1000);
  }

  removed(report: PurgeReport): void {
    this.partitions.inc(report.partitions.length);
    for (const { rows } of report.partitions) this.rows.inc({ table: 'logs_expiring' }, rows);
    for (const [table, rows] of Object.entries(report.rows)) this.rows.inc({ table }, rows);
  }
}
