import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { OutageLog } from '../platform/async/index.js';
import { Settings } from '../platform/config/index.js';
import { Lifecycle, ScheduledJob } from '../platform/lifecycle/index.js';
import { NodeRegistry } from '../registry/index.js';
import { CollectorId, inTransaction } from '../storage/index.js';
import { aggregatorPass } from './aggregator-pass.js';
import { InsightMetrics } from './insight.metrics.js';
import type { PassMemory } from './memory.js';

const INTERVAL_MS = 10_000;

/** Aggregates stored messages into small tables. One replica does so at a time. */
@Injectable()
export class Aggregator {
  private readonly job: ScheduledJob;
  private memory: PassMemory | undefined;

  constructor(
    private readonly dataSource: DataSource,
    lifecycle: Lifecycle,
    private readonly collector: CollectorId,
    private readonly registry: NodeRegistry,
    private readonly metrics: InsightMetrics,
    private readonly settings: Settings,
  ) {
    const outage = new OutageLog(new Logger(Aggregator.name), {
      begins: (reason) => `Messages could not be aggregated, retrying: ${reason}`,
    });
    this.job = new ScheduledJob(lifecycle, outage, () => metrics.failed());
  }

  /** Makes no further pass. A running one is rolled back by the end of its connection, and made again later. */
  stop(): void {
    this.job.stop();
  }

  @Interval(INTERVAL_MS)
  async update(): Promise<void> {
    if (this.settings.INSIGHT_AGGREGATION) await this.job.run(() => this.passes());
  }

  private async passes(): Promise<void> {
    for (let behind = true; behind;) {
      const startedAt = performance.now();
      behind = await this.pass();
      // Messages that are being stored come first: it takes a fifth of the time, until it is not behind any more.
      if (behind) await sleep(4 * (performance.now() - startedAt), undefined, { signal: this.job.signal });
    }
    this.metrics.is({ storedUntil: await storedUntil(this.dataSource) });
  }

  /**
   * Makes one pass, in a transaction.
   *
   * @returns whether the next one should follow at once
   * @throws errors of the database; then nothing was changed
   */
  async pass(): Promise<boolean> {
    const { memory } = this;
    this.memory = undefined;
    const registerNodes = async (): Promise<boolean> => (await this.registry.pass()) !== null;
    const result = await inTransaction(this.dataSource, (client) =>
      aggregatorPass(client, { owner: this.collector.id, memory, registerNodes }),
    );
    if (result === undefined) return false;
    this.memory = result.memory;
    this.metrics.read(result);
    return result.behind;
  }
}

/** @returns seconds since the epoch; null before the first pass of any replica */
async function storedUntil(dataSource: DataSource): Promise<number | null> {
  const [state] = await dataSource.query<{ stored_until: number }[]>(
    'SELECT extract(epoch FROM stored_until)::float8 AS stored_until FROM insight_state',
  );
  return state?.stored_until ?? null;
}
