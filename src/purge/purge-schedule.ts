import { Injectable, Logger } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Gauge } from 'prom-client';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Settings } from '../platform/config/index.js';
import { Lifecycle } from '../platform/lifecycle/index.js';
import { ClockAlarm } from '../storage/index.js';
import type { PurgeFailure, PurgeReport } from './purge-part.js';
import { ClockDifferenceError, Purge } from './purge.js';

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
  makeCounterProvider({
    name: 'tetcore_purges_before_aggregation_total',
    help: 'Purges by this process that removed messages which were not aggregated yet.',
  }),
  makeGaugeProvider({ name: 'tetcore_purge_duration_seconds', help: 'Duration of the last purge.' }),
];

type PurgeOutcome = 'done' | 'failed' | 'left_to_another' | 'refused_clock';

@Injectable()
export class PurgeMetrics {
  constructor(
    @InjectMetric('tetcore_purged_partitions_total') private readonly partitions: Counter,
    @InjectMetric('tetcore_purged_rows_total') private readonly rows: Counter,
    @InjectMetric('tetcore_purges_total') private readonly purges: Counter,
    @InjectMetric('tetcore_purges_before_aggregation_total') private readonly beforeAggregation: Counter,
    @InjectMetric('tetcore_purge_last_success_timestamp_seconds') private readonly lastSuccess: Gauge,
    @InjectMetric('tetcore_purge_duration_seconds') private readonly duration: Gauge,
  ) {
    // Absent rather than 0, which would be a purge in 1970.
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
    if (report.lostUnaggregated) this.beforeAggregation.inc();
    this.partitions.inc(report.partitions.length);
    for (const { rows } of report.partitions) this.rows.inc({ table: 'logs_expiring' }, rows);
    for (const [table, rows] of Object.entries(report.rows)) this.rows.inc({ table }, rows);
  }
}

/** The delay of the first purge, if the interval is longer: a server that is restarted daily must purge too. */
const FIRST_DELAY_MS = 60_000;
const FIRST = 'first purge';

/** How often the metric of the last purge is updated: another process may have purged. */
const LAST_SUCCESS_INTERVAL_MS = 15_000;

/**
 * Purges every `PURGE_INTERVAL_S`, and within a minute after the start. The timers of the SchedulerRegistry end when the
 * server begins to stop.
 */
@Injectable()
export class PurgeSchedule {
  private readonly logger = new Logger(Purge.name);
  private readonly abort = new AbortController();
  private running = false;

  constructor(
    private readonly settings: Settings,
    private readonly registry: SchedulerRegistry,
    private readonly lifecycle: Lifecycle,
    private readonly purge: Purge,
    private readonly metrics: PurgeMetrics,
    private readonly alarm: ClockAlarm,
  ) {}

  start(): void {
    const interval = setInterval(() => void this.runOnce(), this.settings.PURGE_INTERVAL_S * 1000);
    this.registry.addInterval('purge', interval);
    const last = setInterval(() => void this.readLastSuccess(), LAST_SUCCESS_INTERVAL_MS);
    this.registry.addInterval('last purge', last);
    if (this.settings.PURGE_INTERVAL_S * 1000 > FIRST_DELAY_MS) this.scheduleFirst();
  }

  /** Stops a running purge after its current statement. The next one continues. */
  stop(): void {
    this.abort.abort();
  }

  /** With jitter, so that replicas that start together do not purge together. */
  private scheduleFirst(): void {
    const delay = FIRST_DELAY_MS * (0.5 + Math.random() / 2);
    const timer = setTimeout(() => {
      this.registry.deleteTimeout(FIRST);
      if (this.lifecycle.state === 'starting') this.scheduleFirst();
      else void this.runOnce();
    }, delay);
    this.registry.addTimeout(FIRST, timer);
  }

  private async runOnce(): Promise<void> {
    if (this.running || !this.lifecycle.running) return;
    this.running = true;
    const startedAt = performance.now();
    const seconds = (): number => (performance.now() - startedAt) / 1000;
    try {
      const report = await this.purge.run(this.abort.signal);
      if (report !== null) this.metrics.removed(report);
      this.ended(report === null ? 'left_to_another' : 'done', report?.failures ?? [], seconds());
    } catch (error) {
      if (error instanceof ClockDifferenceError) this.skip(error);
      else this.ended('failed', [{ part: null, error }], seconds());
    } finally {
      this.running = false;
    }
    await this.readLastSuccess();
  }

  private skip(error: ClockDifferenceError): void {
    this.metrics.ended('refused_clock', 0);
    this.alarm.offsetIs(error.offset);
    this.logger.debug(`A purge was skipped. ${error.message}`);
  }

  private async readLastSuccess(): Promise<void> {
    if (!this.lifecycle.running) return;
    try {
      const at = await this.purge.lastSuccess();
      if (at !== undefined) this.metrics.lastSucceeded(at);
    } catch (error) {
      this.logger.debug(`The time of the last purge could not be read: ${String(error)}`);
    }
  }

  private ended(outcome: PurgeOutcome, failures: readonly PurgeFailure[], seconds: number): void {
    if (this.abort.signal.aborted) return;
    this.metrics.ended(failures.length === 0 ? outcome : 'failed', seconds);
    for (const { part, error } of failures) {
      const where = part === null ? '' : `${part}: `;
      this.logger.warn(`A purge failed and will be retried: ${where}${String(error)}`);
    }
  }
}
