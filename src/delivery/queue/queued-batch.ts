import type { Batch } from '../../telemetry/index.js';

/** How many messages a batch has, by table. */
export interface BatchRows {
  expiring: number;
  audit: number;
}

/** A batch that waits to be stored: in memory, on disk, or both. */
export interface QueuedBatch {
  /** Bytes that it holds in memory; 0 when it lies on disk only. */
  readonly memory: number;
  /** What lies in memory. */
  readonly batch: Batch | undefined;
  /** Messages in it. */
  readonly rows: BatchRows;
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

export function rowsOf(batch: Batch): BatchRows {
  return { expiring: batch.expiring.rows, audit: batch.audit.rows };
}

/** What a batch takes up in memory, and about what it takes on disk: bytes. */
export function sizeOf(batch: Batch): number {
  const rejected = batch.rejected.reduce((sum, message) => sum + message.head.length + 200, 0);
  const connections = batch.connections.reduce((sum, connection) => sum + 600 + textLengthOf(connection), 0);
  return batch.expiring.tuples.length + batch.audit.tuples.length + rejected + connections + 500;
}

/** Characters of what it says in texts: a node may say as much of itself as fits into a message. */
export function textLengthOf(said: object): number {
  let length = 0;
  for (const value of Object.values(said)) if (typeof value === 'string') length += value.length;
  return length;
}
