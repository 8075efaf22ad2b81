import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Settings } from '../config/index.js';
import { Lifecycle } from '../lifecycle/index.js';
import { Purge } from './purge.js';
import { PurgeMetrics, type PurgeOutcome } from './purge.metrics.js';

/** Purges every `PURGE_INTERVAL_S`. The registry's timers end when the server begins to stop. */
@Injectable()
export class PurgeSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Purge.name);
  private readonly abort = new AbortController();
  private running = false;

  constructor(
    private readonly settings: Settings,
    private readonly registry: SchedulerRegistry,
    private readonly lifecycle: Lifecycle,
    private readonly purge: Purge,
    private readonly metrics: PurgeMetrics,
  ) {}

  onApplicationBootstrap(): void {
    const interval = setInterval(() => void this.runOnce(), this.settings.PURGE_INTERVAL_S * 1000);
    this.registry.addInterval('purge', interval);
  }

  /** What is left of a purge is for the next one: nobody waits for it. */
  beforeApplicationShutdown(): void {
    this.abort.abort();
  }

  private async runOnce(): Promise<void> {
    if (this.running || !this.lifecycle.running) return;
    this.running = true;
    const startedAt = Date.now();
    const seconds = (): number => (Date.now() - startedAt) / 1000;
    try {
      const report = await this.purge.run(startedAt, this.abort.signal);
      if (report !== null) this.metrics.removed(report);
      this.ended(report === null ? 'left_to_another' : 'done', report?.failures ?? [], seconds());
    } catch (error) {
      this.ended('failed', [error], seconds());
    } finally {
      this.running = false;
    }
  }

  private ended(outcome: PurgeOutcome, failures: readonly unknown[], seconds: number): void {
    if (this.abort.signal.aborted) return;
    this.metrics.ended(failures.length === 0 ? outcome : 'failed', seconds);
    for (const failure of failures) {
      this.logger.warn(`A purge failed, and will be tried again: ${String(failure)}`);
    }
  }
}
