import type { BatchSink } from './batch-sink.port.js';
import type { QueuedBatch } from './queue/queued-batch.js';

/** A batch that was with a writer when the process ended. */
export interface UnfinishedBatch {
  item: QueuedBatch;
  /** PostgreSQL has it, and these sinks beside it do not; undefined where PostgreSQL may not have it either. */
  owedTo: ReadonlySet<BatchSink> | undefined;
}
