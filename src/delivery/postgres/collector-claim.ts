import { type Batch } from '../../telemetry/index.js';
import {
  type ConnectionSnapshot,
  hasSqlState,
  renumbered,
  renumberTuples,
  SqlState,
} from '../../storage/index.js';
import { failedStepOf, type Step } from './pipeline.js';

/** In {@link claim}. */
const LOOKS_FOR_COLLECTOR = 1;

/**
 * The first statements of a batch's transaction. They fail where the batch has been stored before (see isStoredBatch),
 * or where its collector does not have its number in this database, or is done with the batch (see isOtherwiseClaimed):
 * after the restore of a backup another one may have the number. The division is what fails then, since a statement in a
 * pipeline can only fail.
 */
export function claim({ id, collector }: Batch): Step[] {
  return [
    { sql: 'BEGIN' },
    {
      sql: 'SELECT 1 / count(*) FROM collectors WHERE number = $1 AND id = $2 AND holds_from <= $3',
      values: [collector.number.toString(), collector.id, id],
    },
    {
      sql: 'INSERT INTO ingest_batches (id, collector) VALUES ($1, $2)',
      values: [id, collector.number.toString()],
    },
  ];
}

/**
 * Whether a pipeline that begins with {@link claim} failed since the collector of its batch is not, or not by this
 * number, in the database, or is done with the batch. Another division by zero is one of a team's index, say.
 */
export function isOtherwiseClaimed(error: unknown): boolean {
  return hasSqlState(error, SqlState.DivisionByZero) && failedStepOf(error) === LOOKS_FOR_COLLECTOR;
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
