import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { dropPartition, hasSqlState, listPartitions, type Partition, SqlState } from '../storage/index.js';
import {
  runStep,
  type Expired,
  type ExpiredPartition,
  type PurgeContext,
  type PurgePart,
  type PurgeReport,
} from './purge-part.js';

/** DROP needs an exclusive lock, and writers wait behind it: no longer than this. */
const LOCK_TIMEOUT_MS = 200;
/** Lock timeouts per purge. A long-running read blocks the drop of every partition. */
const MAX_LOCK_TIMEOUTS = 5;
const PAUSE_MS = 500;

/** Drops partitions of `logs_expiring` in which every message has expired. */
export class MessagesPart implements PurgePart {
  readonly name = 'logs_expiring';
  private readonly logger = new Logger('Purge');

  async purge(context: PurgeContext, report: PurgeReport): Promise<void> {
    const { client, signal } = context;
    const waiting = await this.expired(context);
    for (let busy = 0; busy < MAX_LOCK_TIMEOUTS && !signal.aborted;) {
      const partition = waiting.shift();
      if (partition === undefined) return;
      // A failure does not stop the other partitions or parts.
      await runStep(client, this.name, report.failures, async () => {
        if (await this.drop(client, partition, report)) return;
        busy += 1;
        // To the end: the others may not be locked.
        waiting.push(partition);
        if (busy < MAX_LOCK_TIMEOUTS) await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
      });
    }
    if (signal.aborted || waiting.length === 0) return;
    report.left.push(...waiting.map(({ name }) => name).sort());
    this.logger.log(
      `Long-running reads lock partitions. Left for the next purge: ${report.left.join(', ')}.`,
    );
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

  /** @returns false if the lock timed out */
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

/** By the statistics since the last crash of PostgreSQL, or by the last ANALYZE. */
async function estimatedRows(client: ClientBase, partition: Partition): Promise<number> {
  const { rows } = await client.query<{ rows: number }>(
    `SELECT greatest(reltuples, pg_stat_get_live_tuples(oid), 0)::float8 AS rows
       FROM pg_class WHERE oid = to_regclass($1)`,
    [partition.name],
  );
  return rows[0]?.rows ?? 0;
}

/** Size on disk with indexes. */
async function bytesOf(client: ClientBase, partition: Partition): Promise<number> {
  const { rows } = await client.query<{ bytes: number | null }>(
    'SELECT pg_total_relation_size(to_regclass($1))::float8 AS bytes',
    [partition.name],
  );
  return rows[0]?.bytes ?? 0;
}
