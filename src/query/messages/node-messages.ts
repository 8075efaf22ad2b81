import { AdaptiveFetchSize, type ReadCursor, type ReadTransaction } from '../../storage/index.js';
import { connectionSpans, type ReadRange } from './message-ranges.js';
import type { MessageSelection } from './message-selection.js';
import { openRange, type ProjectedMessage } from './message-sql.js';

const SPANS_PER_FETCH = 100;
/** Rows in memory, of all connections together. There may be many connections, so each fetch is small. */
const FETCHED = { length: 65_536, firstRows: 16, maxRows: 128 };

interface OpenRow {
  cursor: ReadCursor<ProjectedMessage>;
  message: ProjectedMessage;
}

/**
 * The messages of a peer, sorted by time: merged from its connections, each of which is read in time ranges. A range is
 * opened only when no row before its start is left.
 */
export class NodeMessages {
  private open: ReadCursor<ProjectedMessage>[] = [];
  /** The next range of each connection that has been begun. */
  private readonly pending: ReadRange[] = [];
  private readonly fetchSize = new AdaptiveFetchSize(FETCHED);

  constructor(
    private readonly transaction: ReadTransaction,
    private readonly selection: MessageSelection,
  ) {}

  /** The texts of the projection: a piece whenever the next one must be waited for. */
  async *rows(): AsyncGenerator<readonly string[], void, undefined> {
    const { order, limit } = this.selection;
    const now = Math.floor(this.transaction.now / 1000);
    const spans = connectionSpans(this.transaction, this.selection);
    let piece: string[] = [];
    for (let count = 0; count < limit;) {
      if (piece.length > 0 && !this.open.every(({ buffered }) => buffered !== undefined)) {
        yield piece;
        piece = [];
      }
      const open = await this.firstOpenRow(limit - count);
      const span = await spans.peek(SPANS_PER_FETCH);
      const range = this.firstPending();
      const start = [span, range].reduce(
        (earliest, one) =>
          one !== undefined && order.comesFirst(order.start(one), earliest) ? order.start(one) : earliest,
        order.afterAll,
      );
      if (open === undefined && start === order.afterAll) break;
      if (open !== undefined && order.startsAfter(start, Date.parse(open.message.created_at))) {
        open.cursor.take();
        count += 1;
        this.fetchSize.saw(open.message.text.length);
        piece.push(open.message.text);
      } else if (range !== undefined && order.start(range) === start) {
        this.pending.splice(this.pending.indexOf(range), 1);
        this.begin(range, limit - count);
      } else if (span !== undefined) {
        spans.take();
        const firstRange = order.first(span, now);
        if (firstRange !== null) this.begin(firstRange, limit - count);
      }
    }
    if (piece.length > 0) yield piece;
  }

  private begin(range: ReadRange, limit: number): void {
    const next = this.selection.order.next(range);
    if (next !== null) this.pending.push(next);
    this.open.push(openRange(this.transaction, range, this.selection, limit));
  }

  private firstPending(): ReadRange | undefined {
    const { order } = this.selection;
    return this.pending.reduce<ReadRange | undefined>(
      (first, range) =>
        first === undefined || order.comesFirst(order.start(range), order.start(first)) ? range : first,
      undefined,
    );
  }

  /** The first row of all open cursors. Drops cursors that are at their end. */
  private async firstOpenRow(limit: number): Promise<OpenRow | undefined> {
    let first: OpenRow | undefined;
    let hasEnded = false;
    for (const cursor of this.open) {
      const message = cursor.buffered ?? (await cursor.peek(this.fetchSize.rows(limit, this.open.length)));
      if (message === undefined) hasEnded = true;
      else if (first === undefined || this.precedes(message, first.message)) first = { cursor, message };
    }
    if (hasEnded) this.open = this.open.filter((cursor) => !cursor.atEnd);
    return first;
  }

  private precedes(one: ProjectedMessage, other: ProjectedMessage): boolean {
    const isNewer =
      one.created_at === other.created_at
        ? BigInt(one.id) > BigInt(other.id)
        : one.created_at > other.created_at;
    return isNewer === (this.selection.order.sql === 'DESC');
  }
}
