import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/index.js';
import { FeedLimits } from '../feed-limits.js';
import { FeedMetrics } from '../feed.metrics.js';
import { FeedFreshness } from '../freshness.js';
import type { CacheEntry } from './cache-entry.js';
import { FeedOutage } from './feed-outage.js';
import { FeedReadModel } from './feed.read-model.js';
import { AddressTurns, type Asker } from './turns.js';

/** Fills entries from the database, a few at a time, in turns of those who ask, and as often as it takes. */
@Injectable()
export class EntryFiller {
  /** An entry may be wanted by several, and stands in the line of each. */
  private readonly turns = new AddressTurns<CacheEntry>();
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
  fill(entry: CacheEntry, by: Asker): void {
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

  private async attempt(entry: CacheEntry, by: Asker): Promise<void> {
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
