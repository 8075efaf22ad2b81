import { Injectable, Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { Settings } from '../config/index.js';
import { BATCH_IDS_KEPT_MS } from '../storage/index.js';
import { ExpiredPartitions } from './expired-partitions.js';
import { deleteExpired, expiringBatches, expiringConnections, expiringRejected } from './expired-rows.js';
import type { PurgeReport } from './purge-report.js';

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
   * @returns what was removed; null where it was left to another replica
   */
  async run(now: number): Promise<PurgeReport | null> {
    await using runner = this.dataSource.createQueryRunner();
    const client = (await runner.connect()) as ClientBase;
    const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [
      PURGE_LOCK,
    ]);
    if (rows[0]?.ours !== true) return null;
    try {
      return await this.purge(client, now);
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [PURGE_LOCK]);
    }
  }

  private async purge(client: ClientBase, now: number): Promise<PurgeReport> {
    const cutoff = now - this.settings.LOG_EXPIRY_H * HOUR_MS;
    const partitions = await this.partitions.drop(client, cutoff);
    // A partition without a lower bound may hold anything: then nothing is known to be the oldest.
    const messagesFrom = Math.max(0, Math.min(cutoff, await this.partitions.oldest(client)));
    const rows = {
      peer_connections: await deleteExpired(client, expiringConnections, new Date(messagesFrom)),
      ingest_batches: await deleteExpired(client, expiringBatches, new Date(now - BATCH_IDS_KEPT_MS)),
      rejected_messages: await deleteExpired(client, expiringRejected, new Date(now - REJECTED_KEPT_MS)),
    };
    this.report({ partitions, rows });
    return { partitions, rows };
  }

  private report({ partitions, rows }: PurgeReport): void {
    const parts = partitions.map(
      ({ name, rows: count }) => `${name} (about ${count.toLocaleString('en-US')} messages)`,
    );
    const others = Object.entries(rows).filter(([, count]) => count > 0);
    parts.push(...others.map(([table, count]) => `${count.toLocaleString('en-US')} rows of ${table}`));
    if (parts.length > 0) this.logger.log(`Purged ${parts.join(', ')}.`);
  }
}
