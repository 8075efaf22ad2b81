import type { Batch } from '../../telemetry/index.js';
import { blocksOf } from './blocks.js';
import { claim } from './collector-claim.js';
import { upsertConnections } from './connection-upsert.js';
import { copyRows } from './copy-rows.js';
import type { Step } from './pipeline.js';
import { insertRejected } from './rejected-insert.js';

/**
 * A batch as one transaction, all or nothing: its claim, the news of connections, the rows, what was rejected. All that
 * it writes has its collector's number, so that on a distributed database it is a transaction of one node.
 */
export function wholeBatch(batch: Batch): Step[] {
  const { number } = batch.collector;
  const steps = claim(batch);
  if (batch.connections.length > 0) steps.push(upsertConnections(batch.connections, number));
  for (const { table, block } of blocksOf(batch)) steps.push(copyRows(table, [block.tuples]));
  if (batch.rejected.length > 0) steps.push(insertRejected(batch.rejected, number));
  steps.push({ sql: 'COMMIT' });
  return steps;
}
