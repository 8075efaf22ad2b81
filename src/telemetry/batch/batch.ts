import type { CollectorIdentity, ConnectionSnapshot } from '../../storage/index.js';

/** A message that cannot be stored as it is: the beginning of its frame is stored with the reason. */
export interface RejectedMessage {
  /** Milliseconds since the epoch. */
  receivedAt: number;
  /** Its connection, if that is known. */
  connectionId: number | null;
  path: string;
  ipAddr: string;
  /** One of the reasons that `tetcore_messages_rejected_total` counts. */
  reason: string;
  /** The size of the whole frame, in bytes. */
  size: number;
  /** The first bytes of the frame. */
  head: Buffer;
}

/** Messages of one table. */
export interface RowBlock {
  rows: number;
  /** For each message a tuple of PostgreSQL's binary COPY format: see `message-tuple.ts` of storage. */
  tuples: Buffer;
  /** The range of `created_at`: milliseconds since the epoch, rounded down. Meaningless without rows. */
  oldest: number;
  newest: number;
}

/** Messages and connections that are stored in one transaction, exactly once. */
export interface Batch {
  /** A UUIDv7, the key in `ingest_batches`. */
  readonly id: string;
  /** The process that received it. Its number is in the rows and in the ids of their connections. */
  readonly collector: CollectorIdentity;
  /** When its first message arrived: milliseconds since the epoch. */
  readonly firstReceivedAt: number;
  /** When the batch, or this part of it, was closed: milliseconds since the epoch. Recorded in the journal only. */
  readonly sealedAt: number;
  /** Messages to `/` and `/submit`. */
  readonly expiring: RowBlock;
  /** Messages to `/audit`. */
  readonly audit: RowBlock;
  /** The current state of the connections that changed. */
  readonly connections: readonly ConnectionSnapshot[];
  readonly rejected: readonly RejectedMessage[];
}

export interface JournalProblem {
  /** A sentence for untrusted clients: it names no file. */
  reason: string;
  /** By the clock of this machine. */
  since: Date;
}

/** The queue of batches that are not stored yet. */
export abstract class BatchQueue {
  /** Adds a batch, also when the queue is full: messages that were read are not dropped. */
  abstract push(batch: Batch): void;

  /** Whether the open batch is journaled in parts, by {@link journalPart}, so that it survives a kill of the process. */
  abstract get journalsParts(): boolean;

  /**
   * Journals the messages since the last part. Called at the end of each turn of the event loop in which messages
   * arrived. The parts of a batch have its id, and are replaced by the batch when that is pushed.
   *
   * @param part shares its memory with the open batch: valid until this returns
   * @returns false where it is not journaled: the next part has the same messages again
   */
  abstract journalPart(part: Batch): boolean;

  /** The listener is called when journaled parts are lost: the whole open batch must be journaled again. */
  abstract onPartsLost(listener: () => void): void;

  /** Whether the queue is full: sockets are paused until it is not. */
  abstract get full(): boolean;

  /** Why batches are in memory only and a kill loses them, though they should be journaled; undefined if they are. */
  abstract get journalProblem(): JournalProblem | undefined;

  /** The listener is called when {@link full} changes. */
  abstract onFullChange(listener: (full: boolean) => void): void;
}
