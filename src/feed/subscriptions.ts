import { timeOf } from '../storage/index.js';
import type { Aggregate } from './aggregate/aggregate.js';
import { inOrder } from './aggregate/changed-groups.js';
import type { Group } from './aggregate/group.js';
import type { CacheEntry } from './cache/cache-entry.js';
import type { CachedRow } from './cache/row-log.js';
import type { FeedClient } from './cache/turns.js';
import type { FeedLimits } from './feed-limits.js';
import type { AggregateRequest, PeerMessage } from './feed-request.js';

/** A frame to send, and where its reader stands after it. */
export interface Frame {
  data: Buffer;
  rows: number;
  /** The position behind it. */
  position: number;
  /** The earliest time in it: whoever wants all from then on can share it. */
  earliest: number;
}

/** How much goes into a frame. */
export type FrameLimits = Pick<FeedLimits, 'frameRows' | 'frameBytes'>;

/** `{"peer_message": {…}, "data": […]}`, of rows that are JSON already. */
export function frameText(pair: PeerMessage, rows: readonly string[]): Buffer {
  const subscribed = JSON.stringify({ peer_id: pair.peer_id, msg: pair.msg });
  return Buffer.from(`{"peer_message":${subscribed},"data":[${rows.join(',')}]}`);
}

/** As many rows from a place in a list as a frame takes. */
export function takeRows(
  rows: readonly CachedRow[],
  from: number,
  limits: FrameLimits,
  wanted: (row: CachedRow) => boolean,
): { texts: string[]; earliest: number; last: CachedRow | undefined } {
  const texts: string[] = [];
  let bytes = 0;
  let earliest = Infinity;
  let last: CachedRow | undefined;
  for (let at = from; texts.length < limits.frameRows && bytes < limits.frameBytes; at += 1) {
    const row = rows[at];
    if (row === undefined) break;
    last = row;
    if (!wanted(row)) continue;
    texts.push(row.text);
    bytes += row.text.length;
    earliest = Math.min(earliest, row.createdAt);
  }
  return { texts, earliest, last };
}

/** A subscriber was too slow: what it had not got yet is no longer in the cache. */
export class SlowConsumerError extends Error {
  override readonly name = 'SlowConsumerError';
}

/** What a socket has to send of one of its subscriptions. */
export interface Outbox {
  readonly isOpen: boolean;
  /** It ended by itself; what it still has to send is sent. */
  readonly hasEnded?: boolean;
  /** Says that there may be something to send. */
  wake(): void;
  /** What is to be sent next; undefined where nothing is for now. @throws SlowConsumerError */
  next(): Pick<Frame, 'data' | 'rows'> | undefined;
  end(): void;
}

/** What one socket gets of one pair. It has a place in the cache and no queue of its own. */
export abstract class Subscription implements Outbox {
  private open = true;

  /** @param onNews is called when there may be something to send */
  constructor(
    protected readonly entry: CacheEntry,
    private readonly onNews: (subscription: Outbox) => void,
  ) {
    entry.add(this);
  }

  get isOpen(): boolean {
    return this.open;
  }

  wake(): void {
    this.onNews(this);
  }

  /**
   * What is to be sent next; undefined where nothing is for now.
   *
   * @throws SlowConsumerError
   */
  abstract next(): Pick<Frame, 'data' | 'rows'> | undefined;

  end(): void {
    this.open = false;
    this.entry.remove(this);
  }
}

/** A place in the history: all rows up to `lastSeq` in the order of their time. */
interface History {
  createdAt: number;
  seq: number;
  lastSeq: number;
  evictedTo: number;
}

/** The messages themselves: what is cached, by time, and then what arrives. */
export class RawSubscription extends Subscription {
  private history: History | undefined;
  /** The seq of the last row that was taken of what arrives. */
  private position: number | undefined;

  constructor(
    entry: CacheEntry,
    /** Microseconds since the epoch. */
    private readonly startTime: number,
    private readonly limits: FrameLimits,
    onNews: (subscription: Outbox) => void,
  ) {
    super(entry, onNews);
  }

  override next(): Pick<Frame, 'data' | 'rows'> | undefined {
    if (!this.entry.isFilled) return undefined;
    if (this.position === undefined) {
      const frame = this.nextOfHistory((this.history ??= this.begin()));
      if (frame !== undefined) return frame;
      this.position = this.history.lastSeq;
      this.history = undefined;
    }
    return this.nextOfNews(this.position);
  }

  private begin(): History {
    const { lastSeq, evictedTo } = this.entry.log;
    return { createdAt: Math.max(this.startTime, this.entry.horizon), seq: -1, lastSeq, evictedTo };
  }

  private nextOfHistory(place: History): Pick<Frame, 'data' | 'rows'> | undefined {
    const { log, pair } = this.entry;
    // What has become too old in the meantime is passed over; what went early would be a gap.
    if (log.evictedTo > place.evictedTo && log.evictedTo >= place.createdAt) throw new SlowConsumerError();
    const { rows, from } = log.behind(place.createdAt, place.seq);
    const wanted = (row: CachedRow): boolean => row.seq <= place.lastSeq;
    const { texts, last } = takeRows(rows, from, this.limits, wanted);
    if (last !== undefined) {
      place.createdAt = last.createdAt;
      place.seq = last.seq;
    }
    if (texts.length === 0) return undefined;
    return { data: frameText(pair, texts), rows: texts.length };
  }

  private nextOfNews(position: number): Pick<Frame, 'data' | 'rows'> | undefined {
    const { log } = this.entry;
    if (position === log.lastSeq) return undefined;
    if (log.removedSeq > position) throw new SlowConsumerError();
    let frame = log.frames.get(position);
    if (frame === undefined) {
      frame = this.frameAfter(position, -Infinity);
      log.keepFrame(position, frame);
    }
    if (frame.earliest < this.startTime) frame = this.frameAfter(position, this.startTime);
    this.position = frame.position;
    // All that it took in may have been too old.
    return frame.rows === 0 ? this.next() : frame;
  }

  private frameAfter(position: number, startTime: number): Frame {
    const { log, pair } = this.entry;
    const { rows, from } = log.after(position);
    const { texts, earliest, last } = takeRows(rows, from, this.limits, (row) => row.createdAt >= startTime);
    return {
      data: frameText(pair, texts),
      rows: texts.length,
      position: last?.seq ?? log.lastSeq,
      earliest,
    };
  }
}

export interface AggregateQuestion {
  entry: CacheEntry;
  /** Microseconds since the epoch. */
  startTime: number;
  wish: AggregateRequest;
  /** Who asks. */
  reader: FeedClient;
  limits: FrameLimits;
}

/** What is made of the messages of each interval. Who is behind gets the newest state of what has changed. */
export class AggregateSubscription extends Subscription {
  private aggregate: Aggregate | undefined;
  private position = 0;

  constructor(
    private readonly question: AggregateQuestion,
    onNews: (subscription: Outbox) => void,
  ) {
    super(question.entry, onNews);
  }

  override next(): Pick<Frame, 'data' | 'rows'> | undefined {
    if (!this.entry.isFilled) return undefined;
    const { wish, startTime, reader } = this.question;
    this.aggregate ??= this.entry.openAggregate(wish.key, wish.intervalS, reader);
    if (!this.aggregate.isFilled) return undefined;
    const { changes } = this.aggregate;
    while (this.position < changes.lastSeq) {
      const key = `${this.position.toString()} ${wish.type}`;
      let frame = changes.frames.get(key);
      if (frame === undefined) {
        frame = this.frameAfter(this.aggregate, -Infinity);
        changes.frames.set(key, frame);
      }
      if (frame.earliest < startTime) frame = this.frameAfter(this.aggregate, startTime);
      this.position = frame.position;
      if (frame.rows > 0) return frame;
    }
    return undefined;
  }

  override end(): void {
    super.end();
    this.aggregate?.close();
    this.aggregate = undefined;
  }

  private frameAfter(aggregate: Aggregate, startTime: number): Frame {
    const { changes, pair, length } = aggregate;
    const groups = changes.after(this.position, this.question.limits.frameRows);
    const position = groups.at(-1)?.seq ?? changes.lastSeq;
    // The interval in which the start time lies is sent, and whole.
    const rows = groups.filter((group) => group.start + length > startTime).sort(inOrder);
    return {
      data: frameText(
        pair,
        rows.map((group) => this.row(group)),
      ),
      rows: rows.length,
      position,
      earliest: Math.min(Infinity, ...groups.map((group) => group.start + length - 1)),
    };
  }

  private row(group: Group): string {
    const { name, target, start } = group;
    const result = group.result(this.question.wish.type);
    return `{"time":${result},"name":${name},"target":${target},"values":"","created_at":"${timeOf(start)}"}`;
  }
}
