import type { Aggregate } from '../aggregate/aggregate.js';
import { inOrder } from '../aggregate/changed-groups.js';
import type { Group } from '../aggregate/group.js';
import type { CacheEntry } from '../cache/cache-entry.js';
import { timeOf } from '../request/microseconds.js';
import type { AggregateWish } from '../request/read-request.js';
import { type Frame, type FrameLimits, frameText } from './frame.js';
import { type Sending, Subscription } from './subscription.js';

/** What is made of the messages of each interval. Who is behind gets the newest state of what has changed. */
export class AggregateSubscription extends Subscription {
  private aggregate: Aggregate | undefined;
  private position = 0;

  constructor(
    entry: CacheEntry,
    /** Microseconds since the epoch. */
    private readonly startTime: number,
    private readonly wish: AggregateWish,
    private readonly limits: FrameLimits,
    onNews: (subscription: Sending) => void,
  ) {
    super(entry, onNews);
  }

  override next(): Pick<Frame, 'data' | 'rows'> | undefined {
    if (!this.entry.isFilled) return undefined;
    this.aggregate ??= this.entry.openAggregate(this.wish.key, this.wish.intervalS);
    const { changes } = this.aggregate;
    while (this.position < changes.lastSeq) {
      const key = `${this.position.toString()} ${this.wish.type}`;
      let frame = changes.frames.get(key);
      if (frame === undefined) {
        frame = this.frameAfter(this.aggregate, -Infinity);
        changes.frames.set(key, frame);
      }
      if (frame.earliest < this.startTime) frame = this.frameAfter(this.aggregate, this.startTime);
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
    const groups = changes.after(this.position, this.limits.frameRows);
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
    const result = group.result(this.wish.type);
    return `{"time":${result},"name":${name},"target":${target},"values":"","created_at":"${timeOf(start)}"}`;
  }
}
