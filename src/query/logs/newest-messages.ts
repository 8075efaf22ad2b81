import type { ReadCursor, ReadTransaction } from '../answer/read-transaction.js';
import { connectionSpans } from './connection-spans.js';
import type { MessageFilter } from './message-filter.js';
import { type MessageRow, segmentRows } from './segment-rows.js';
import { newestSegment, olderSegment, type Segment } from './segment.js';

/** Rows in memory at once, of all connections together; one of each, at least. */
const ROWS_AT_ONCE = 16;
const SPANS_AT_ONCE = 100;

/**
 * The messages of a peer, newest first: merged from its connections, each read from its end backwards. A
 * connection is not looked at before its turn comes.
 */
export class NewestMessages {
  private readonly open: ReadCursor<MessageRow>[] = [];
  /** Older parts of connections that have been begun. */
  private readonly waiting: Segment[] = [];

  constructor(
    private readonly transaction: ReadTransaction,
    private readonly peerId: string,
    private readonly filter: MessageFilter,
    private readonly limit: number,
  ) {}

  /** JSON texts. */
  async *rows(): AsyncGenerator<string, void, undefined> {
    const { start_time: start, end_time: end } = this.filter;
    const now = Date.now();
    const spans = await connectionSpans(this.transaction, this.peerId, start, end);
    for (let count = 0; count < this.limit;) {
      const newest = await this.newest();
      const span = await spans.peek(SPANS_AT_ONCE);
      const segment = this.nextWaiting();
      const next = Math.max(span?.to ?? -Infinity, segment?.to ?? -Infinity);
      if (newest === undefined && next === -Infinity) return;
      if (newest !== undefined && !(timeOfRow(newest.row.created_at) < next)) {
        newest.cursor.take();
        count += 1;
        yield newest.row.row;
      } else if (segment?.to === next) {
        this.waiting.splice(this.waiting.indexOf(segment), 1);
        await this.begin(segment, this.limit - count);
      } else if (span !== undefined) {
        spans.take();
        const first = newestSegment(span, now);
        if (first !== null) await this.begin(first, this.limit - count);
      }
    }
  }

  private async begin(segment: Segment, limit: number): Promise<void> {
    const older = olderSegment(segment);
    if (older !== null) this.waiting.push(older);
    const cursor = await segmentRows(this.transaction, segment, this.peerId, this.filter, limit);
    if (cursor !== null) this.open.push(cursor);
  }

  private nextWaiting(): Segment | undefined {
    return this.waiting.reduce<Segment | undefined>(
      (next, segment) => (next === undefined || segment.to > next.to ? segment : next),
      undefined,
    );
  }

  /** The newest row of the connections that are being read. Those that are at their end are forgotten. */
  private async newest(): Promise<{ cursor: ReadCursor<MessageRow>; row: MessageRow } | undefined> {
    let newest: { cursor: ReadCursor<MessageRow>; row: MessageRow } | undefined;
    for (const cursor of [...this.open]) {
      const row = await cursor.peek(Math.max(1, Math.floor(ROWS_AT_ONCE / this.open.length)));
      if (row === undefined) this.open.splice(this.open.indexOf(cursor), 1);
      else if (newest === undefined || isNewer(row, newest.row)) newest = { cursor, row };
    }
    return newest;
  }
}

/** Milliseconds since the epoch, rounded down. */
function timeOfRow(createdAt: string): number {
  return Date.parse(createdAt);
}

function isNewer(one: MessageRow, other: MessageRow): boolean {
  if (one.created_at !== other.created_at) return one.created_at > other.created_at;
  return BigInt(one.id) > BigInt(other.id);
}
