import type { Batch } from '../../telemetry/index.js';
import { upsertConnections } from './connection-upsert.js';
import { copyRows } from './copy-rows.js';
import type { Step } from './pipeline.js';
import { insertRejected } from './rejected-insert.js';

/**
 * A batch as one transaction, all or nothing: its id, the news of connections, the rows, what was rejected.
 * It fails on the id where the batch has been stored before.
 */
export function wholeBatch(batch: Batch): Step[] {
  const steps: Step[] = [
    { sql: 'BEGIN' },
    { sql: 'INSERT INTO ingest_batches (id) VALUES ($1)', values: [batch.id] },
  ];
  if (batch.connections.length > 0) steps.push(upsertConnections(batch.connections));
  if (batch.expiring.rows > 0) steps.push(copyRows('logs_expiring', batch.expiring.text));
  if (batch.audit.rows > 0) steps.push(copyRows('logs_audit', batch.audit.text));
  if (batch.rejected.length > 0) steps.push(insertRejected(batch.rejected));
  steps.push({ sql: 'COMMIT' });
  return steps;
}
