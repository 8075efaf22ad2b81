import { Injectable, Logger } from '@nestjs/common';
import type { Client, ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { Settings } from '../config/index.js';
import { AdvisoryLock, BATCH_IDS_KEPT_MS, HOUR_MS, REJECTED_KEPT_MS } from '../storage/index.js';
import { attempt } from './attempt.js';
import { deleteExpiredCollectors, expiredCollectors } from './expired-collectors.js';
import { ExpiredPartitions } from './expired-partitions.js';
import {
  countExpired,
  deleteExpired,
  expiringBatches,
  expiringConnections,
  expiringRejected,
} from './expired-rows.js';
import type { PurgePreview } from './purge-preview.js';
import { PurgeReport } from './purge-report.js';

/** What has a time of its own, whatever `LOG_EXPIRY_H` is: milliseconds. */
const KEPT_FOR = [
  [expiringBatches, BATCH_IDS_KEPT_MS],
  [expiringRejected, REJECTED_KEPT_MS],
] as const;

/** Removes what has expired. */
@Injectable()
export class Purge {
  private readonly logger = new Logger(Purge.name);

  constructor(
    private readonly settings: Settings,
    private readonly dataSource: DataSource,
    private readonly partitions: ExpiredPartitions,
  ) {}

  /**
   * Purges once, unless another replica is at it.
   *
   * @param now milliseconds since the epoch
   * @param signal ends it after the statement that is being run
   * @returns what was removed, and what failed; null where it was left to another replica
   * @throws where the database cannot be asked
   */
  async run(now: number, signal: AbortSignal = new AbortController().signal): Promise<PurgeReport | null> {
    await using runner = this.dataSource.createQueryRunner();
    const client = (await runner.connect()) as Client;
    const report = new PurgeReport();
    try {
      if (!(await isOurs(client))) return null;
      await this.purge(client, now, report, signal);
      await client.query('SELECT pg_advisory_unlock($1)', [AdvisoryLock.Purge]);
    } catch (error) {
      report.failed(error);
      // The lock is the session's, and must not go back to the pool with it.
      await client.end();
    }
    this.log(report);
    return report;
  }

  /**
   * What {@link run} would remove. Changes nothing, and waits for nobody who purges.
   *
   * @param now milliseconds since the epoch
   */
  async preview(now: number): Promise<PurgePreview> {
    await using runner = this.dataSource.createQueryRunner();
    const client = (await runner.connect()) as Client;
    const cutoff = this.cutoffAt(now);
    const { partitions, oldest } = await this.partitions.preview(client, cutoff);
    const begin = beginningOf(cutoff, oldest);
    const rows: Record<string, number> = {
      [expiringConnections.table]: await countExpired(client, expiringConnections, begin),
      collectors: (await expiredCollectors(client, begin)).length,
    };
    for (const [expiring, keptMs] of KEPT_FOR) {
      rows[expiring.table] = await countExpired(client, expiring, new Date(now - keptMs));
    }
    return { partitions, rows };
  }

  /** Messages before it have expired. */
  private cutoffAt(now: number): number {
    return now - this.settings.LOG_EXPIRY_H * HOUR_MS;
  }

  private async purge(
    client: ClientBase,
    now: number,
    report: PurgeReport,
    signal: AbortSignal,
  ): Promise<void> {
    const cutoff = this.cutoffAt(now);
    const step = async (work: () => Promise<void>): Promise<void> => {
      if (!signal.aborted) await attempt(client, report, work);
    };
    await step(() => this.partitions.drop(client, cutoff, report, signal));
    await step(async () => {
      const begin = beginningOf(cutoff, await this.partitions.oldest(client));
      await deleteExpired(client, expiringConnections, begin, report, signal);
      await deleteExpiredCollectors(client, begin, report);
    });
    for (const [rows, keptMs] of KEPT_FOR) {
      await step(() => deleteExpired(client, rows, new Date(now - keptMs), report, signal));
    }
  }

  private log({ partitions, rows }: PurgeReport): void {
    const parts = partitions.map(
      ({ name, rows: count }) => `${name} (about ${count.toLocaleString('en-US')} messages)`,
    );
    const others = Object.entries(rows).filter(([, count]) => count > 0);
    parts.push(...others.map(([table, count]) => `${count.toLocaleString('en-US')} rows of ${table}`));
    if (parts.length > 0) this.logger.log(`Purged ${parts.join(', ')}.`);
  }
}

/** No message that is left is older. A partition without a lower bound may hold anything: then nothing is known of it. */
function beginningOf(cutoff: number, oldest: number): Date {
  return new Date(Math.max(0, Math.min(cutoff, oldest)));
}

async function isOurs(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [
    AdvisoryLock.Purge,
  ]);
  return rows[0]?.ours === true;
}
