import { timeOf } from '../../storage/index.js';
import type { Aggregate } from '../aggregate/aggregate.js';
import { inOrder } from '../aggregate/changed-groups.js';
import type { Group } from '../aggregate/group.js';
import type { CacheEntry } from '../cache/cache-entry.js';
import type { Asker } from '../cache/turns.js';
import type { AggregateWish } from '../request/read-request.js';
import { type Frame, type FrameLimits, frameText } from './frame.js';
import { type Sending, Subscription } from './subscription.js';

export interface AggregateQuestion {
  entry: CacheEntry;
  /** Microseconds since the epoch. */
  startTime: number;
  wish: AggregateWish;
  /** Who asks. */
  reader: Asker;
  limits: FrameLimits;
}

/** What is made of the messages of each interval. Who is behind gets the newest state of what has changed. */
export class AggregateSubscription extends Subscription {
  private aggregate: Aggregate | undefined;
  private position = 0;

  constructor(
    private readonly question: AggregateQuestion,
    onNews: (subscription: Sending) => void,
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
