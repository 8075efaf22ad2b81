import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/index.js';
import type { Aggregate } from '../aggregate/aggregate.js';
import { FeedLimits } from '../feed-limits.js';
import { FeedMetrics } from '../feed.metrics.js';
import { FeedFreshness, FeedOutage } from '../polling.js';
import type { CacheEntry } from './cache-entry.js';
import { FeedReadModel } from './feed.read-model.js';
import { FairQueueByAddress, type FeedClient } from './turns.js';

interface Filling {
  aggregate: Aggregate;
  entry: CacheEntry;
}

/** Has aggregates take in what is cached: a little of one in each turn of the event loop, in turns of who asks. */
export class AggregateFiller {
  private readonly turns = new FairQueueByAddress<Filling>();
  private running = false;

  constructor(private readonly limits: Pick<FeedLimits, 'sliceMs'>) {}

  /** As long as is worked on at once: milliseconds. */
  get sliceMs(): number {
    return this.limits.sliceMs;
  }

  /** It ends when nobody uses the aggregate any more. @param by who waits for it: each who does has turns */
  fill(aggregate: Aggregate, entry: CacheEntry, by: FeedClient): void {
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

/** Fills entries from the database, a few at a time, in turns of those who ask, and as often as it takes. */
@Injectable()
export class EntryFiller {
  /** An entry may be wanted by several, and stands in the line of each. */
  private readonly turns = new FairQueueByAddress<CacheEntry>();
  /** Those that are read, or are to be read again after a while. */
  private readonly busy = new Set<CacheEntry>();
  private readonly abort = new AbortController();
  private readonly outage: FeedOutage;
  private running = 0;

  constructor(
    private readonly readModel: FeedReadModel,
    private readonly limits: FeedLimits,
    private readonly settings: Settings,
    private readonly metrics: FeedMetrics,
    freshness: FeedFreshness,
  ) {
    this.outage = new FeedOutage('earlier messages', freshness);
  }

  /** @param by who waits for it: each who does has a turn */
  fill(entry: CacheEntry, by: FeedClient): void {
    this.turns.add(by, entry);
    // Its user is to be there first.
    setImmediate(() => this.next());
  }

  stop(): void {
    this.turns.clear();
    this.abort.abort(new Error('The server stops.'));
  }

  private get stopped(): boolean {
    return this.abort.signal.aborted;
  }

  private next(): void {
    while (this.running < this.limits.fillsAtOnce) {
      const turn = this.turns.take();
      if (turn === undefined) return;
      const { by, item: entry } = turn;
      // Others who asked for it had their turn before.
      if (entry.isFilled || entry.abandoned || this.busy.has(entry)) continue;
      if (!entry.isUsed) {
        entry.abandoned = true;
        continue;
      }
      this.running += 1;
      this.busy.add(entry);
      void this.attempt(entry, by).finally(() => {
        this.running -= 1;
        this.next();
      });
    }
  }

  private async attempt(entry: CacheEntry, by: FeedClient): Promise<void> {
    const startedAt = performance.now();
    // One entry is not to take the room of all others.
    const maxBytes = (this.settings.CACHE_MAX_MIB * 1024 * 1024) / 2;
    try {
      entry.fill(await this.readModel.history(entry.pair, maxBytes, this.abort.signal));
      this.busy.delete(entry);
      this.metrics.filled((performance.now() - startedAt) / 1000);
      this.outage.succeeded();
    } catch (error) {
      if (this.stopped) return;
      this.metrics.failed('fill');
      this.outage.failed(error);
      setTimeout(() => {
        this.busy.delete(entry);
        this.fill(entry, by);
      }, this.limits.fillAgainMs).unref();
    }
  }
}
