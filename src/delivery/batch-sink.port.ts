import type { Batch, RejectedMessage } from '../telemetry/index.js';

export interface StoreResult {
  /** The batch had been stored before: nothing was written this time. */
  duplicate: boolean;
  /** Messages that the sink could not take; the others are stored. */
  refused: readonly RejectedMessage[];
  /** The batch as it is stored, where that differs: its connections may have to be numbered anew. */
  storedAs?: Batch;
}

/** Where batches end. PostgreSQL is one. */
export abstract class BatchSink {
  /**
   * Stores a batch whole, exactly once however often it is called with the same batch id.
   *
   * @param signal gives up at once; whether the batch is stored is then not known
   * @throws any error after which the same call can be made again
   */
  abstract store(batch: Batch, signal: AbortSignal): Promise<StoreResult>;

  /** Called once, after the last batch. */
  abstract close(): Promise<void>;
}
