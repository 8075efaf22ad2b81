import type { CacheEntry } from '../cache/cache-entry.js';
import type { CachedRow } from '../cache/row-log.js';
import { type Frame, type FrameLimits, frameText, takeRows } from './frame.js';
import { BehindError, type Sending, Subscription } from './subscription.js';

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
    onNews: (subscription: Sending) => void,
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
    if (log.evictedTo > place.evictedTo && log.evictedTo >= place.createdAt) throw new BehindError();
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
    if (log.removedSeq > position) throw new BehindError();
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
