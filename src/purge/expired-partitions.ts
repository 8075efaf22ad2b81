import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { dropPartition, hasSqlState, listPartitions, type Partition, SqlState } from '../storage/index.js';
import type { DroppedPartition } from './purge-report.js';

/** Dropping locks the table for a moment; whoever writes waits no longer than this for us to get our turn. */
const LOCK_TIMEOUT_MS = 200;
const ATTEMPTS = 5;
const PAUSE_MS = 500;

/** Drops partitions of `logs_expiring` in which every message has expired. */
@Injectable()
export class ExpiredPartitions {
  private readonly logger = new Logger('Purge');

  /** @param cutoff messages before it have expired: milliseconds since the epoch */
  async drop(client: ClientBase, cutoff: number): Promise<DroppedPartition[]> {
    const dropped: DroppedPartition[] = [];
    for (const partition of await listPartitions(client, 'logs_expiring')) {
      if (partition.to > cutoff) continue;
      const rows = await estimatedRows(client, partition);
      if (await this.dropOne(client, partition)) dropped.push({ name: partition.name, rows });
    }
    return dropped;
  }

  /** Where what is left begins: no expiring message is older. Infinity where nothing is left. */
  async oldest(client: ClientBase): Promise<number> {
    const [first] = await listPartitions(client, 'logs_expiring');
    return first?.from ?? Infinity;
  }

  private async dropOne(client: ClientBase, partition: Partition): Promise<boolean> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      try {
        await dropPartition(client, partition, LOCK_TIMEOUT_MS);
        return true;
      } catch (error) {
        if (!hasSqlState(error, SqlState.LockNotAvailable)) throw error;
        await sleep(PAUSE_MS);
      }
    }
    this.logger.log(`${partition.name} is being read for long; it goes the next time.`);
    return false;
  }
}

async function estimatedRows(client: ClientBase, partition: Partition): Promise<number> {
  const { rows } = await client.query<{ rows: number }>(
    'SELECT greatest(reltuples, 0)::float8 AS rows FROM pg_class WHERE oid = to_regclass($1)',
    [partition.name],
  );
  return rows[0]?.rows ?? 0;
}
