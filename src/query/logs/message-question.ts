import type { MessageCursor } from './message-cursor.js';
import type { MessageFilter } from './message-filter.js';
import type { ReadingOrder } from './reading-order.js';
import type { RowShape } from './row-shape.js';

/** Which messages of a peer are asked for, in which order, and as what. */
export interface MessageQuestion {
  peerId: string;
  /** The key of the chain that it sent them on, see `chainKeyOf`; all chains where it is left out. */
  chain?: string | undefined;
  filter: MessageFilter;
  /** Numbers of types, of which alone messages are wanted; of every type where it is left out. */
  types?: readonly number[];
  order: ReadingOrder;
  /** What comes after it. */
  cursor?: MessageCursor | undefined;
  /** Infinity for all of them. */
  limit: number;
  shape: RowShape;
}
