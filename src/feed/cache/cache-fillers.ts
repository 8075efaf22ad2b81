import { Injectable } from '@nestjs/common';
import { type AddressedClient, FairQueueByAddress } from '../../platform/async/index.js';
import { Settings } from '../../platform/config/index.js';
import type { Aggregate } from '../aggregate/aggregate.js';
import { FeedLimits } from '../feed-limits.js';
import { FeedMetrics } from '../feed.metrics.js';
import { FeedFreshness, FeedOutage } from '../polling.js';
import type { CacheEntry } from './cache-entry.js';
import { FeedReadModel } from './feed.read-model.js';

interface PendingAggregate {
  aggregate: Aggregate;
  entry: CacheEntry;
}

/** Fills aggregates with cached rows: one time slice per round of the event loop. Clients take turns. */
export class AggregateFiller {
  private readonly queue = new FairQueueByAddress<AddressedClient, PendingAggregate>();
  private running = false;

  constructor(private readonly limits: Pick<FeedLimits, 'sliceMs'>) {}

  /** Length of a time slice: milliseconds. */
  get sliceMs(): number {
    return this.limits.sliceMs;
  }

  /** Stops when the aggregate is no longer used. @param by the client that waits for it */
  fill(aggregate: Aggregate, entry: CacheEntry, by: AddressedClient): void {
    this.queue.add(by, { aggregate, entry });
    if (this.running) return;
    this.running = true;
    setImmediate(() => this.next());
  }

  private next(): void {
    const next = this.queue.take();
    if (next === undefined) {
      this.running = false;
      return;
    }
    setImmediate(() => this.next());
    const { aggregate, entry } = next.item;
    if (!aggregate.isUsed || aggregate.isDone) return;
    const isDone = aggregate.fill(entry.log, entry.completeFrom, this.limits.sliceMs);
    if (isDone) entry.grown();
    else this.queue.add(next.key, next.item);
  }
}

/** Fills entries from the database, a few at a time, with retries. Clients take turns. */
@Injectable()
export class EntryFiller {
  /** An entry is queued for each client that waits for it. */
  private readonly queue = new FairQueueByAddress<AddressedClient, CacheEntry>();
  /** Entries that are being read, or wait for a retry. */
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

  /** @param by the client that waits for it */
  fill(entry: CacheEntry, by: AddressedClient): void {
    this.queue.add(by, entry);
    // After its subscription was added.
    setImmediate(() => this.next());
  }

  stop(): void {
    this.queue.clear();
    this.abort.abort(new Error('The server stops.'));
  }

  private get stopped(): boolean {
    return this.abort.signal.aborted;
  }

  private next(): void {
    while (this.running < this.limits.fillsAtOnce) {
      const next = this.queue.take();
      if (next === undefined) return;
      const { key: by, item: entry } = next;
      // It may have been filled in the turn of another client.
      if (entry.isFilled || entry.abandoned || this.busy.has(entry)) continue;
      if (!entry.isUsed) {
        entry.abandoned = true;
        continue;
      }
      this.running += 1;
      this.busy.add(entry);
      void this.read(entry, by).finally(() => {
        this.running -= 1;
        this.next();
      });
    }
  }

  private async read(entry: CacheEntry, by: AddressedClient): Promise<void> {
    const startedAt = performance.now();
    // One entry must not fill the whole cache.
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
