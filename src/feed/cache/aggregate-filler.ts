import type { Aggregate } from '../aggregate/aggregate.js';
import type { FeedLimits } from '../feed-limits.js';
import type { CacheEntry } from './cache-entry.js';
import { AddressTurns, type Asker } from './turns.js';

interface Filling {
  aggregate: Aggregate;
  entry: CacheEntry;
}

/** Has aggregates take in what is cached: a little of one in each turn of the event loop, in turns of who asks. */
export class AggregateFiller {
  private readonly turns = new AddressTurns<Filling>();
  private running = false;

  constructor(private readonly limits: Pick<FeedLimits, 'sliceMs'>) {}

  /** As long as is worked on at once: milliseconds. */
  get sliceMs(): number {
    return this.limits.sliceMs;
  }

  /** It ends when nobody uses the aggregate any more. @param by who waits for it: each who does has turns */
  fill(aggregate: Aggregate, entry: CacheEntry, by: Asker): void {
    this.turns.add(by, { aggregate, entry });
    if (this.running) return;
    this.running = true;
    setImmediate(() => this.next());
  }

  private next(): void {
    const turn = this.turns.take();
    if (turn === undefined) {
      this.running = false;
      return;
    }
    setImmediate(() => this.next());
    const { aggregate, entry } = turn.item;
    if (!aggregate.isUsed || aggregate.isDone) return;
    const isDone = aggregate.fill(entry.log, entry.heldFrom, this.limits.sliceMs);
    if (isDone) entry.grown();
    else this.turns.add(turn.by, turn.item);
  }
}
