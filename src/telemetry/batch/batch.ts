import type { CollectorIdentity, ConnectionSnapshot } from '../../storage/index.js';

/** A message that cannot be stored as it came, set aside with the reason. */
export interface RejectedMessage {
  /** When it arrived: milliseconds since the epoch. */
  receivedAt: number;
  /** The connection that it belongs to, where that is known. */
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
  /** A tuple of PostgreSQL's binary COPY format a message: see `message-tuple.ts` of storage. */
  tuples: Buffer;
  /** The bounds of `created_at`: milliseconds since the epoch, rounded down. Without meaning where there are no rows. */
  oldest: number;
  newest: number;
}

/** What is written in one transaction, exactly once. */
export interface Batch {
  /** A UUIDv7, the key in `ingest_batches`. */
  readonly id: string;
  /** The process that took it in. Its number is in the rows, and in the ids of their connections. */
  readonly collector: CollectorIdentity;
  /** When its first message arrived: milliseconds since the epoch. */
  readonly firstReceivedAt: number;
  /** When the batch was closed: milliseconds since the epoch. */
  readonly sealedAt: number;
  /** Messages sent to `/` and its other names. */
  readonly expiring: RowBlock;
  /** Messages sent to `/audit`. */
  readonly audit: RowBlock;
  /** The latest news of connections. */
  readonly connections: readonly ConnectionSnapshot[];
  readonly rejected: readonly RejectedMessage[];
}

/** Where batches wait until they are stored. */
export abstract class BatchQueue {
  /** Takes a batch, whole and at once, also when it is full: what was read is not thrown away. */
  abstract push(batch: Batch): void;

  /** A kill of the process shall not cost what has come of the batch that is open: {@link keep} is called. */
  abstract get keepsParts(): boolean;

  /**
   * Keeps what came since the part before, to be called at the end of each turn of the event loop in which
   * something came. The parts of a batch have its id, and are not needed any more once it is pushed.
   *
   * @param part shares its memory with the batch that is open: to be done with on return
   * @returns whether it is kept; where not, it comes again with what follows
   */
  abstract keep(part: Batch): boolean;

  /** Calls back when parts that were kept are lost: all of the open batch is to be kept again. */
  abstract onPartsLost(listener: () => void): void;

  /** There is no room for more: nobody should be read from until there is. */
  abstract get full(): boolean;

  /** Calls back each time that {@link full} has changed. */
  abstract onFullChange(listener: (full: boolean) => void): void;
}
