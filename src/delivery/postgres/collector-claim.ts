import { type Batch } from '../../telemetry/index.js';
import { type ConnectionSnapshot, renumbered, renumberTuples } from '../../storage/index.js';
import type { Step } from './pipeline.js';

/**
 * The first statements of a batch's transaction. They fail where the batch has been stored before (see isStoredBatch),
 * or where its collector does not have its number in this database (see isUnknownCollector): after the restore of a
 * backup another one may have it. The division is what fails then, since a statement in a pipeline can only fail.
 */
export function claim({ id, collector }: Batch): Step[] {
  return [
    {
      sql: 'SELECT 1 / count(*) FROM collectors WHERE number = $1 AND id = $2',
      values: [collector.number.toString(), collector.id],
    },
    {
      sql: 'INSERT INTO ingest_batches (id, collector) VALUES ($1, $2)',
      values: [id, collector.number.toString()],
    },
  ];
}

/** The same batch by another number of its collector, in rows and in the ids of connections. */
export function renumberBatch(batch: Batch, number: number): Batch {
  const { collector, expiring, audit } = batch;
  const connection = (snapshot: ConnectionSnapshot): ConnectionSnapshot => ({
    ...snapshot,
    id: renumbered(snapshot.id, number),
  });
  return {
    ...batch,
    collector: { id: collector.id, number },
    expiring: { ...expiring, tuples: renumberTuples(expiring.tuples, number) },
    audit: { ...audit, tuples: renumberTuples(audit.tuples, number) },
    connections: batch.connections.map(connection),
    rejected: batch.rejected.map((message) => ({
      ...message,
      connectionId: message.connectionId === null ? null : renumbered(message.connectionId, number),
    })),
  };
}
