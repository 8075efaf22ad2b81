import { Injectable, Logger } from '@nestjs/common';
import type { Client, ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { Settings } from '../config/index.js';
import { BATCH_IDS_KEPT_MS } from '../storage/index.js';
import { attempt } from './attempt.js';
import { deleteExpiredCollectors } from './expired-collectors.js';
import { ExpiredPartitions } from './expired-partitions.js';
import { deleteExpired, expiringBatches, expiringConnections, expiringRejected } from './expired-rows.js';
import { PurgeReport } from './purge-report.js';

/** Any number that nobody else takes: "purg" in ASCII. */
const PURGE_LOCK = 0x70757267;
const HOUR_MS = 3_600_000;
/** Rejected messages are for finding out what is wrong with a node, now. */
const REJECTED_KEPT_MS = 7 * 24 * HOUR_MS;

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
      await client.query('SELECT pg_advisory_unlock($1)', [PURGE_LOCK]);
    } catch (error) {
      report.failed(error);
      // The lock is the session's, and must not go back to the pool with it.
      await client.end();
    }
    this.log(report);
    return report;
  }

  private async purge(
    client: ClientBase,
    now: number,
    report: PurgeReport,
    signal: AbortSignal,
  ): Promise<void> {
    const cutoff = now - this.settings.LOG_EXPIRY_H * HOUR_MS;
    const step = async (work: () => Promise<void>): Promise<void> => {
      if (!signal.aborted) await attempt(client, report, work);
    };
    await step(() => this.partitions.drop(client, cutoff, report, signal));
    await step(async () => {
      // A partition without a lower bound may hold anything: then nothing is known to be the oldest.
      const oldest = Math.max(0, Math.min(cutoff, await this.partitions.oldest(client)));
      await deleteExpired(client, expiringConnections, new Date(oldest), report, signal);
      await deleteExpiredCollectors(client, new Date(oldest), report);
    });
    for (const [rows, keptMs] of [
      [expiringBatches, BATCH_IDS_KEPT_MS],
      [expiringRejected, REJECTED_KEPT_MS],
    ] as const) {
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

async function isOurs(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [
    PURGE_LOCK,
  ]);
  return rows[0]?.ours === true;
}
