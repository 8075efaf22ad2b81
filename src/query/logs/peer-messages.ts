import { AdaptiveFetchSize, type ReadCursor, type ReadTransaction } from '../../storage/index.js';
import { connectionSpans } from './connection-spans.js';
import type { MessageQuestion } from './message-question.js';
import { type MessageRow, segmentRows } from './segment-rows.js';
import type { Segment } from './segment.js';

const SPANS_AT_ONCE = 100;
/** Of rows in memory at once, of all connections together; few of each, of which there may be many. */
const FETCHED = { length: 65_536, firstRows: 16, maxRows: 128 };

/**
 * The messages of a peer in the order of time: merged from its connections, each read piece by piece. A connection
 * is not looked at before its turn comes.
 */
export class PeerMessages {
  private readonly open: ReadCursor<MessageRow>[] = [];
  /** Further parts of connections that have been begun. */
  private readonly waiting: Segment[] = [];
  private readonly fetchSize = new AdaptiveFetchSize(FETCHED);

  constructor(
    private readonly transaction: ReadTransaction,
    private readonly question: MessageQuestion,
  ) {}

  /** Texts, as the question's shape has them. */
  async *rows(): AsyncGenerator<string, void, undefined> {
    const { order, limit } = this.question;
    const now = Math.floor(this.transaction.now / 1000);
    const spans = await connectionSpans(this.transaction, this.question);
    for (let count = 0; count < limit;) {
      const next = await this.nextRow(limit - count);
      const span = await spans.peek(SPANS_AT_ONCE);
      const segment = this.nextWaiting();
      const start = [span, segment].reduce(
        (found, range) =>
          range !== undefined && order.earlier(order.start(range), found) ? order.start(range) : found,
        order.end,
      );
      if (next === undefined && start === order.end) return;
      if (next !== undefined && order.isPassed(start, Date.parse(next.row.created_at))) {
        next.cursor.take();
        count += 1;
        this.fetchSize.saw(next.row.row.length);
        yield next.row.row;
      } else if (segment !== undefined && order.start(segment) === start) {
        this.waiting.splice(this.waiting.indexOf(segment), 1);
        await this.begin(segment, limit - count);
      } else if (span !== undefined) {
        spans.take();
        const first = order.first(span, now);
        if (first !== null) await this.begin(first, limit - count);
      }
    }
  }

  private async begin(segment: Segment, limit: number): Promise<void> {
    const rest = this.question.order.rest(segment);
    if (rest !== null) this.waiting.push(rest);
    this.open.push(await segmentRows(this.transaction, segment, this.question, limit));
  }

  private nextWaiting(): Segment | undefined {
    const { order } = this.question;
    return this.waiting.reduce<Segment | undefined>(
      (next, segment) =>
        next === undefined || order.earlier(order.start(segment), order.start(next)) ? segment : next,
      undefined,
    );
  }

  /** The row that comes next of the connections that are being read. Those that are at their end are forgotten. */
  private async nextRow(
    limit: number,
  ): Promise<{ cursor: ReadCursor<MessageRow>; row: MessageRow } | undefined> {
    let next: { cursor: ReadCursor<MessageRow>; row: MessageRow } | undefined;
    let ended = false;
    for (const cursor of this.open) {
      const row = cursor.buffered ?? (await cursor.peek(this.fetchSize.rows(limit, this.open.length)));
      if (row === undefined) ended = true;
      else if (next === undefined || this.precedes(row, next.row)) next = { cursor, row };
    }
    if (ended) this.open.splice(0, Infinity, ...this.open.filter((cursor) => !cursor.atEnd));
    return next;
  }

  private precedes(one: MessageRow, other: MessageRow): boolean {
    const isNewer =
      one.created_at === other.created_at
        ? BigInt(one.id) > BigInt(other.id)
        : one.created_at > other.created_at;
    return isNewer === (this.question.order.sql === 'DESC');
  }
}
