import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Settings } from '../config/index.js';
import { Lifecycle } from '../lifecycle/index.js';
import { Purge } from './purge.js';
import { PurgeMetrics } from './purge.metrics.js';

/** Purges every `PURGE_INTERVAL_S`. */
@Injectable()
export class PurgeSchedule implements OnApplicationBootstrap {
  private readonly logger = new Logger(Purge.name);
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

  private async runOnce(): Promise<void> {
    if (this.running || !this.lifecycle.running) return;
    this.running = true;
    const startedAt = Date.now();
    const seconds = (): number => (Date.now() - startedAt) / 1000;
    try {
      const report = await this.purge.run(startedAt);
      if (report !== null) this.metrics.removed(report);
      this.metrics.ended(report === null ? 'left_to_another' : 'done', seconds());
    } catch (error) {
      this.metrics.ended('failed', seconds());
      this.logger.warn(`A purge failed, and will be tried again: ${String(error)}`);
    } finally {
      this.running = false;
    }
  }
}
