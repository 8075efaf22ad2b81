import { AdaptiveFetchSize, type ReadCursor, type ReadTransaction } from '../../storage/index.js';
import { connectionSpans, type SortOrder, type TimeRange } from './message-ranges.js';
import { type MessageFilter, openRange, type ProjectedMessage, type RowProjection } from './message-sql.js';
import type { MessageCursor } from './messages.query.js';

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
  cursor?: MessageCursor | undefined;
  /** Infinity for all of them. */
  limit: number;
  projection: RowProjection;
}

const SPANS_PER_FETCH = 100;
/** Rows in memory, of all connections together. There may be many connections, so each fetch is small. */
const FETCHED = { length: 65_536, firstRows: 16, maxRows: 128 };

interface OpenRow {
  cursor: ReadCursor<ProjectedMessage>;
  row: ProjectedMessage;
}

/**
 * The messages of a peer, sorted by time: merged from its connections, each of which is read in time ranges. A range is
 * opened only when no row before its start is left.
 */
export class NodeMessages {
  private readonly open: ReadCursor<ProjectedMessage>[] = [];
  /** The next range of each connection that has been begun. */
  private readonly pending: TimeRange[] = [];
  private readonly fetchSize = new AdaptiveFetchSize(FETCHED);

  constructor(
    private readonly transaction: ReadTransaction,
    private readonly selection: MessageSelection,
  ) {}

  /** The texts of the projection. */
  async *rows(): AsyncGenerator<string, void, undefined> {
    const { order, limit } = this.selection;
    const now = Math.floor(this.transaction.now / 1000);
    const spans = await connectionSpans(this.transaction, this.selection);
    for (let count = 0; count < limit;) {
      const next = await this.nextRow(limit - count);
      const span = await spans.peek(SPANS_PER_FETCH);
      const range = this.nextPending();
      const start = [span, range].reduce(
        (first, one) =>
          one !== undefined && order.isEarlier(order.start(one), first) ? order.start(one) : first,
        order.end,
      );
      if (next === undefined && start === order.end) return;
      if (next !== undefined && order.startsAfter(start, Date.parse(next.row.created_at))) {
        next.cursor.take();
        count += 1;
        this.fetchSize.saw(next.row.row.length);
        yield next.row.row;
      } else if (range !== undefined && order.start(range) === start) {
        this.pending.splice(this.pending.indexOf(range), 1);
        await this.begin(range, limit - count);
      } else if (span !== undefined) {
        spans.take();
        const first = order.first(span, now);
        if (first !== null) await this.begin(first, limit - count);
      }
    }
  }

  private async begin(range: TimeRange, limit: number): Promise<void> {
    const next = this.selection.order.next(range);
    if (next !== null) this.pending.push(next);
    this.open.push(await openRange(this.transaction, range, this.selection, limit));
  }

  private nextPending(): TimeRange | undefined {
    const { order } = this.selection;
    return this.pending.reduce<TimeRange | undefined>(
      (next, range) =>
        next === undefined || order.isEarlier(order.start(range), order.start(next)) ? range : next,
      undefined,
    );
  }

  /** The first row of all open cursors. Closes cursors that are at their end. */
  private async nextRow(limit: number): Promise<OpenRow | undefined> {
    let next: OpenRow | undefined;
    let hasEnded = false;
    for (const cursor of this.open) {
      const row = cursor.buffered ?? (await cursor.peek(this.fetchSize.rows(limit, this.open.length)));
      if (row === undefined) hasEnded = true;
      else if (next === undefined || this.precedes(row, next.row)) next = { cursor, row };
    }
    if (hasEnded) this.open.splice(0, Infinity, ...this.open.filter((cursor) => !cursor.atEnd));
    return next;
  }

  private precedes(one: ProjectedMessage, other: ProjectedMessage): boolean {
    const isNewer =
      one.created_at === other.created_at
        ? BigInt(one.id) > BigInt(other.id)
        : one.created_at > other.created_at;
    return isNewer === (this.selection.order.sql === 'DESC');
  }
}
