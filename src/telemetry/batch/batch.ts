import type { ConnectionSnapshot } from '../connection/connection-snapshot.js';

/** A message that cannot be stored as it came, set aside with the reason. */
export interface RejectedMessage {
  /** When it arrived: milliseconds since the epoch. */
  receivedAt: number;
  /** The connection that it belongs to, where that is known. */
  connectionId: string | null;
  path: string;
  ipAddr: string;
  /** One of the reasons that `tetcore_messages_rejected_total` counts. */
  reason: string;
  /** The size of the whole frame, in bytes. */
  size: number;
  /** The first bytes of the frame. */
  head: Buffer;
}

/** Messages of one table, as lines of PostgreSQL's COPY text format. */
export interface RowBlock {
  rows: number;
  /** A line a message: see `message-row.ts` for its columns. */
  text: Buffer;
  /** The bounds of `created_at`: milliseconds since the epoch. Without meaning where there are no rows. */
  oldest: number;
  newest: number;
}

/** What is written in one transaction, exactly once. */
export interface Batch {
  /** A UUIDv7, the key in `ingest_batches`. */
  readonly id: string;
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
