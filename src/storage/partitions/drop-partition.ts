import type { ClientBase } from 'pg';
import { onCoordinator } from './citus-coordinator.js';
import type { Partition } from './partition-catalogue.js';

/**
 * Drops a partition with all that it holds.
 *
 * @param lockTimeoutMs how long to wait for others, who wait for us meanwhile; then it fails with SQLSTATE 55P03
 */
export async function dropPartition(
  client: ClientBase,
  partition: Partition,
  lockTimeoutMs: number,
): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query("SELECT set_config('lock_timeout', $1, true)", [`${lockTimeoutMs.toString()}ms`]);
    await onCoordinator(client, [`DROP TABLE IF EXISTS ${partition.name}`]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
