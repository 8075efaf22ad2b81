import type { AddressedClient } from '../platform/async/index.js';
import { timeOf } from '../storage/index.js';
import type { Aggregate } from './aggregate/aggregate.js';
import { inOrder } from './aggregate/changed-groups.js';
import type { Group } from './aggregate/group.js';
import type { CacheEntry } from './cache/cache-entry.js';
import type { CachedRow } from './cache/row-log.js';
import type { FeedLimits } from './feed-limits.js';
import type { AggregateRequest, PeerMessage } from './feed-request.js';

/** A frame to send, and the position of the subscription after it. */
export interface Frame {
  data: Buffer;
  rows: number;
  /** The position after it. */
  position: number;
  /** The earliest time in it. Subscriptions with an earlier start time can share it. */
  earliest: number;
}

/** Maximum size of a frame. */
type FrameLimits = Pick<FeedLimits, 'frameRows' | 'frameBytes'>;

/** `{"peer_message": {…}, "data": […]}` from rows in JSON. */
export function frameText(pair: PeerMessage, rows: readonly string[]): Buffer {
  const subscribed = JSON.stringify({ peer_id: pair.peer_id, msg: pair.msg });
  return Buffer.from(`{"peer_message":${subscribed},"data":[${rows.join(',')}]}`);
}

/** As many rows from an index on as fit into a frame. */
function takeRows(
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

/** A subscriber was too slow: rows that it has not received are no longer cached. */
export class SlowConsumerError extends Error {
  override readonly name = 'SlowConsumerError';
}

/** The frames that a socket has to send for one of its subscriptions. */
export interface Outbox {
  readonly isOpen: boolean;
  /** It ended by itself. Its last frame was taken. */
  readonly hasEnded?: boolean;
  /** Announces that there may be a frame to send. */
  notify(): void;
  /** The next frame; undefined if there is none. @throws SlowConsumerError */
  next(): Pick<Frame, 'data' | 'rows'> | undefined;
  end(): void;
}

/** The subscription of a socket to a pair: a position in the cache, without a queue. */
export abstract class Subscription implements Outbox {
  private open = true;

  /** @param onReadable is called when there may be a frame to send */
  constructor(
    protected readonly entry: CacheEntry,
    private readonly onReadable: (subscription: Outbox) => void,
  ) {
    entry.add(this);
  }

  get isOpen(): boolean {
    return this.open;
  }

  notify(): void {
    this.onReadable(this);
  }

  abstract next(): Pick<Frame, 'data' | 'rows'> | undefined;

  end(): void {
    this.open = false;
    this.entry.remove(this);
  }
}

/** A position in the history: all rows up to `lastSeq`, sorted by time. */
interface HistoryPosition {
  createdAt: number;
  seq: number;
  lastSeq: number;
  evictedTo: number;
}

/** Raw messages: cached ones, sorted by time, and then new ones as they arrive. */
export class RawSubscription extends Subscription {
  private history: HistoryPosition | undefined;
  /** The seq of the last live row in a frame. */
  private position: number | undefined;

  constructor(
    entry: CacheEntry,
    /** Microseconds since the epoch. */
    private readonly startTime: number,
    private readonly limits: FrameLimits,
    onReadable: (subscription: Outbox) => void,
  ) {
    super(entry, onReadable);
  }

  override next(): Pick<Frame, 'data' | 'rows'> | undefined {
    if (!this.entry.isFilled) return undefined;
    if (this.position === undefined) {
      const frame = this.nextHistoryFrame((this.history ??= this.begin()));
      if (frame !== undefined) return frame;
      this.position = this.history.lastSeq;
      this.history = undefined;
    }
    return this.nextLiveFrame(this.position);
  }

  private begin(): HistoryPosition {
    const { lastSeq, evictedTo } = this.entry.log;
    return { createdAt: Math.max(this.startTime, this.entry.horizon), seq: -1, lastSeq, evictedTo };
  }

  private nextHistoryFrame(position: HistoryPosition): Pick<Frame, 'data' | 'rows'> | undefined {
    const { log, pair } = this.entry;
    // Expired rows are skipped; evicted rows would be a gap.
    if (log.evictedTo > position.evictedTo && log.evictedTo >= position.createdAt)
      throw new SlowConsumerError();
    const { rows, from } = log.afterTime(position.createdAt, position.seq);
    const wanted = (row: CachedRow): boolean => row.seq <= position.lastSeq;
    const { texts, last } = takeRows(rows, from, this.limits, wanted);
    if (last !== undefined) {
      position.createdAt = last.createdAt;
      position.seq = last.seq;
    }
    if (texts.length === 0) return undefined;
    return { data: frameText(pair, texts), rows: texts.length };
  }

  private nextLiveFrame(position: number): Pick<Frame, 'data' | 'rows'> | undefined {
    const { log } = this.entry;
    if (position === log.lastSeq) return undefined;
    if (log.removedSeq > position) throw new SlowConsumerError();
    let frame = log.frames.get(position);
    if (frame === undefined) {
      frame = this.frameAfter(position, -Infinity);
      log.cacheFrame(position, frame);
    }
    if (frame.earliest < this.startTime) frame = this.frameAfter(position, this.startTime);
    this.position = frame.position;
    // All of its rows may be before the start time.
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

interface AggregateSubscriptionOptions {
  entry: CacheEntry;
  /** Microseconds since the epoch. */
  startTime: number;
  request: AggregateRequest;
  client: AddressedClient;
  limits: FrameLimits;
}

/** Aggregates of intervals. A subscriber that is behind gets the newest state of changed groups. */
export class AggregateSubscription extends Subscription {
  private aggregate: Aggregate | undefined;
  private position = 0;

  constructor(
    private readonly options: AggregateSubscriptionOptions,
    onReadable: (subscription: Outbox) => void,
  ) {
    super(options.entry, onReadable);
  }

  override next(): Pick<Frame, 'data' | 'rows'> | undefined {
    if (!this.entry.isFilled) return undefined;
    const { request, startTime, client } = this.options;
    this.aggregate ??= this.entry.openAggregate(request.key, request.intervalS, client);
    if (!this.aggregate.isFilled) return undefined;
    const { changes } = this.aggregate;
    while (this.position < changes.lastSeq) {
      const key = `${this.position.toString()} ${request.type}`;
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
    const groups = changes.after(this.position, this.options.limits.frameRows);
    const position = groups.at(-1)?.seq ?? changes.lastSeq;
    // The interval that contains the start time is sent too.
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
    const result = group.result(this.options.request.type);
    return `{"time":${result},"name":${name},"target":${target},"values":"","created_at":"${timeOf(start)}"}`;
  }
}
