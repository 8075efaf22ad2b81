import type { MessageCursor } from './message-cursor.js';
import type { SortOrder } from './message-ranges.js';

/** Conditions on messages, independent of their connection. Times are exclusive, as texts of PostgreSQL. */
export interface MessageFilter {
  msg?: string | undefined;
  target?: string | undefined;
  start_time?: string | undefined;
  end_time?: string | undefined;
}

/** The row that a message becomes, as SQL. */
export interface RowProjection {
  /** A further condition on messages. */
  condition?: string;
  /**
   * The text of a row, from the columns `id`, `created_at` (text, RFC 3339) and `logs`.
   *
   * @param of expressions of type text, which become parameters of the query when they are called
   */
  text: (of: { ipAddr: () => string; peerId: () => string }) => string;
}

/** Which messages of a peer to read, in which order, and as which rows. */
export interface MessageSelection {
  peerId: string;
  /** The key of the chain that they were sent on, see `chainKeyOf`. All chains if omitted. */
  chain?: string | undefined;
  filter: MessageFilter;
  /** Numbers of types. All types if omitted. */
  types?: readonly number[];
  order: SortOrder;
  /** Only messages after this one. */
  after?: MessageCursor | undefined;
  /** Infinity for all of them. */
  limit: number;
  projection: RowProjection;
}
