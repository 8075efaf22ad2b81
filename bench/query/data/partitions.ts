import type { ClientBase } from 'pg';
import { partitionName } from '../../../src/storage/partitions/partition-catalogue.js';
import type { LogTable } from '../../../src/storage/index.js';
import { rangeAround } from '../../../src/storage/partitions/partition-width.js';
import { DAY_MS } from './cast.js';

/** Makes the partitions between two days as the server would have made them in time. */
export async function makePartitions(client: ClientBase, start: Date, end: Date): Promise<void> {
  for (let day = start.getTime(); day < end.getTime(); day += DAY_MS) {
    await addPartition(client, 'logs_expiring', day, day + DAY_MS);
    const month = rangeAround(day, 'month');
    await addPartition(client, 'logs_audit', month.from, month.to);
  }
}

/** Does nothing where it is there. */
export async function addPartition(
  client: ClientBase,
  table: LogTable,
  from: number,
  to: number,
): Promise<void> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${partitionName(table, { from, to })} PARTITION OF ${table}
       FOR VALUES FROM ('${new Date(from).toISOString()}') TO ('${new Date(to).toISOString()}')`,
  );
}
