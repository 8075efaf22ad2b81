import { Injectable, Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Settings } from '../platform/config/index.js';
import { Lifecycle } from '../platform/lifecycle/index.js';
import { ClockAlarm } from '../storage/index.js';
import { ClockDifferenceError } from './clock-difference.error.js';
import { Purge } from './purge.js';
import { PurgeMetrics, type PurgeOutcome } from './purge.metrics.js';
import type { PurgeFailure } from './purge-report.js';

/** With a longer interval a first purge comes this soon, or a server that is restarted daily might have none: ms. */
const FIRST_MS = 60_000;
const FIRST = 'first purge';

/** How old what the metric says of the last purge may be, which another process may have done: milliseconds. */
const LAST_SUCCESS_MS = 15_000;

/** Purges every `PURGE_INTERVAL_S`, and about a minute after the server has begun to run. The registry's timers end when the server begins to stop. */
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
    const last = setInterval(() => void this.readLastSuccess(), LAST_SUCCESS_MS);
    this.registry.addInterval('last purge', last);
    if (this.settings.PURGE_INTERVAL_S * 1000 > FIRST_MS) this.planFirst();
  }

  /** What is left of a purge is for the next one: nobody waits for it. */
  stop(): void {
    this.abort.abort();
  }

  /** Replicas that start together should not all be at it together. */
  private planFirst(): void {
    const delay = FIRST_MS * (0.5 + Math.random() / 2);
    const timer = setTimeout(() => {
      this.registry.deleteTimeout(FIRST);
      if (this.lifecycle.state === 'starting') this.planFirst();
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
      if (error instanceof ClockDifferenceError) this.refusedBy(error);
      else this.ended('failed', [{ part: null, error }], seconds());
    } finally {
      this.running = false;
    }
    await this.readLastSuccess();
  }

  private refusedBy(error: ClockDifferenceError): void {
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
