import type { Batch, RejectedMessage } from '../telemetry/index.js';

export interface StoreResult {
  /** Whether the batch was already stored. Then nothing was written. */
  duplicate: boolean;
  /** Messages that the sink rejected. All others are stored. */
  rejected: readonly RejectedMessage[];
  /** The batch as it was stored, if it differs: its connections may have been renumbered. */
  storedAs?: Batch;
}

/** A destination of batches. PostgreSQL is one. */
export abstract class BatchSink {
  /**
   * Stores a complete batch, exactly once even if it is called again with the same batch id.
   *
   * @param signal aborts the write; the batch may be stored or not then
   * @throws any error; the call is then repeated
   */
  abstract store(batch: Batch, signal: AbortSignal): Promise<StoreResult>;

  /** Called once, after the last batch. */
  abstract close(): Promise<void>;
}
