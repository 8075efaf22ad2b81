import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { ClientBase } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { OutageLog } from '../platform/async/index.js';
import { Settings } from '../platform/config/index.js';
import { Lifecycle, ScheduledJob } from '../platform/lifecycle/index.js';
import { NodeRegistry } from '../registry/index.js';
import { CollectorId, DATABASE_URL, openSession } from '../storage/index.js';
import { InsightMetrics } from './insight.metrics.js';
import { rebuild, rebuildBounds, RebuildRunningError } from './rebuild.js';
import { type DirtyHour, markRebuilt, nextDirtyHour } from './tables/dirty-hours.js';

const INTERVAL_MS = 30_000;

/**
 * Computes hours again in which messages were stored late, or whose gaps were recorded late. Only the process that
 * aggregates does so.
 */
@Injectable()
export class HourRepair {
  private readonly logger = new Logger(HourRepair.name);
  private readonly job: ScheduledJob;

  constructor(
    @Inject(DATABASE_URL) private readonly url: string,
    lifecycle: Lifecycle,
    private readonly collector: CollectorId,
    private readonly registry: NodeRegistry,
    private readonly metrics: InsightMetrics,
    private readonly settings: Settings,
  ) {
    const outage = new OutageLog(this.logger, {
      begins: (reason) => `Statistics of the past could not be computed again, retrying: ${reason}`,
    });
    this.job = new ScheduledJob(lifecycle, outage, () => metrics.failed());
  }

  /** Begins no further hour. A running one ends with its connection, and is repeated later. */
  stop(): void {
    this.job.stop();
  }

  @Interval(INTERVAL_MS)
  async update(): Promise<void> {
    if (this.settings.INSIGHT_AGGREGATION) await this.job.run(() => this.repairAll());
  }

  private async repairAll(): Promise<void> {
    const { signal } = this.job;
    const client = await openSession(this.url, 'tetcore-analytics insight', false);
    // A connection of its own: what reads for long must not keep one of the readers' pool.
    const close = (): void => void client.end().catch(() => undefined);
    signal.addEventListener('abort', close);
    try {
      while (!signal.aborted && (await this.repair(client)));
    } catch (error) {
      if (!(error instanceof RebuildRunningError)) throw error;
    } finally {
      signal.removeEventListener('abort', close);
      await client.end().catch(() => undefined);
    }
  }

  /**
   * Computes the next dirty hour again.
   *
   * @param client without an open transaction
   * @returns false if there is none, or if another process aggregates
   * @throws RebuildRunningError; errors of the database
   */
  async repair(client: ClientBase): Promise<boolean> {
    const { rows } = await client.query('SELECT FROM insight_state WHERE owner = $1', [this.collector.id]);
    const dirty = rows.length === 0 ? undefined : await nextDirtyHour(client);
    if (dirty === undefined) return false;
    const { from } = await rebuildBounds(client);
    if (dirty.hour / 1000 >= from) await this.rebuild(client, dirty);
    else
      this.logger.warn(`${hourText(dirty)} has late messages, but its other messages are deleted: it stays.`);
    await markRebuilt(client, dirty);
    return true;
  }

  private async rebuild(client: ClientBase, dirty: DirtyHour): Promise<void> {
    const { hour, lateStored } = dirty;
    const registerNodes = (): Promise<unknown> => this.registry.pass();
    let startedAt = performance.now();
    for await (const until of rebuild(client, { from: hour, to: hour + 1, lateStored, registerNodes })) {
      this.job.signal.throwIfAborted();
      // Messages that are being stored come first: it takes a fifth of the time.
      if (until > hour)
        await sleep(4 * (performance.now() - startedAt), undefined, { signal: this.job.signal });
      startedAt = performance.now();
    }
    this.metrics.repaired();
    this.logger.log(
      `The statistics of the hour ${hourText(dirty)} are computed again, with late messages or gaps.`,
    );
  }
}

function hourText({ hour }: DirtyHour): string {
  return new Date(hour / 1000).toISOString();
}
