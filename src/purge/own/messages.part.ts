import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { dropPartition, hasSqlState, listPartitions, type Partition, SqlState } from '../../storage/index.js';
import { attempt } from '../attempt.js';
import type { PurgeContext } from '../purge-context.js';
import type { PurgePart } from '../purge-part.js';
import type { Expired, ExpiredPartition } from '../purge-preview.js';
import type { PurgeReport } from '../purge-report.js';

/** Dropping locks the table for a moment; whoever writes waits no longer than this for us to get our turn. */
const LOCK_TIMEOUT_MS = 200;
/** Turns that a purge does not get before it gives up: who reads the table for long is in the way of all of them. */
const ATTEMPTS = 5;
const PAUSE_MS = 500;

/** Drops partitions of `logs_expiring` in which every message has expired. */
export class MessagesPart implements PurgePart {
  readonly name = 'logs_expiring';
  private readonly logger = new Logger('Purge');

  async purge(context: PurgeContext, report: PurgeReport): Promise<void> {
    const { client, signal } = context;
    const waiting = await this.expired(context);
    for (let busy = 0; busy < ATTEMPTS && !signal.aborted;) {
      const partition = waiting.shift();
      if (partition === undefined) return;
      // One that cannot be dropped keeps no other from it, nor what comes after this part.
      await attempt(client, this.name, report.failures, async () => {
        if (await this.drop(client, partition, report)) return;
        busy += 1;
        // Behind the others: it may be the only one that is being read.
        waiting.push(partition);
        if (busy < ATTEMPTS) await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
      });
    }
    if (signal.aborted || waiting.length === 0) return;
    report.left.push(...waiting.map(({ name }) => name).sort());
    this.logger.log(`Long-running reads lock partitions. Left for the next purge: ${report.left.join(', ')}.`);
  }

  async preview(context: PurgeContext): Promise<Expired> {
    const { client } = context;
    const partitions: ExpiredPartition[] = [];
    for (const partition of await this.expired(context)) {
      const [rows, bytes] = [await estimatedRows(client, partition), await bytesOf(client, partition)];
      partitions.push({ name: partition.name, rows, bytes });
    }
    return { partitions };
  }

  /** Oldest first. */
  private async expired({ client, messagesExpiredBefore }: PurgeContext): Promise<Partition[]> {
    const partitions = await listPartitions(client, 'logs_expiring');
    return partitions.filter(({ to }) => to <= messagesExpiredBefore);
  }

  /** @returns false where somebody else uses the table */
  private async drop(client: ClientBase, partition: Partition, report: PurgeReport): Promise<boolean> {
    const rows = await estimatedRows(client, partition);
    try {
      await dropPartition(client, partition, LOCK_TIMEOUT_MS);
    } catch (error) {
      if (hasSqlState(error, SqlState.LockNotAvailable)) return false;
      throw error;
    }
    report.partitions.push({ name: partition.name, rows });
    return true;
  }
}

/** What was counted since the database last started anew, or was estimated when the partition was analyzed. */
async function estimatedRows(client: ClientBase, partition: Partition): Promise<number> {
  const { rows } = await client.query<{ rows: number }>(
    `SELECT greatest(reltuples, pg_stat_get_live_tuples(oid), 0)::float8 AS rows
       FROM pg_class WHERE oid = to_regclass($1)`,
    [partition.name],
  );
  return rows[0]?.rows ?? 0;
}

/** With its indexes. */
async function bytesOf(client: ClientBase, partition: Partition): Promise<number> {
  const { rows } = await client.query<{ bytes: number | null }>(
    'SELECT pg_total_relation_size(to_regclass($1))::float8 AS bytes',
    [partition.name],
  );
  return rows[0]?.bytes ?? 0;
}
