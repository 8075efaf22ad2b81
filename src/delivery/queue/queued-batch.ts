import type { Batch } from '../../telemetry/index.js';

/** A batch that waits to be stored: in memory, on disk, or both. */
export interface QueuedBatch {
  /** Bytes that it holds in memory; 0 when it lies on disk only. */
  readonly memory: number;
  /** What lies in memory. */
  readonly batch: Batch | undefined;
  /** The process that took the messages in has gone, and counts them no more. */
  readonly replayed: boolean;
  /** It survives the end of this process. */
  readonly durable: boolean;

  /**
   * The batch, from memory or disk.
   *
   * @throws JournalDamageError when it cannot be had any more
   */
  load(): Promise<Batch>;

  /** It is stored, or cannot be had: nothing keeps it any longer. */
  settle(): void;
}

/** What a batch takes up in memory, and about what it takes on disk: bytes. */
export function sizeOf(batch: Batch): number {
  const rejected = batch.rejected.reduce((sum, message) => sum + message.head.length + 200, 0);
  return (
    batch.expiring.text.length + batch.audit.text.length + rejected + batch.connections.length * 600 + 500
  );
}
