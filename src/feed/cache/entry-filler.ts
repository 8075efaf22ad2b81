import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/index.js';
import { FeedLimits } from '../feed-limits.js';
import { FeedMetrics } from '../feed.metrics.js';
import type { CacheEntry } from './cache-entry.js';
import { FeedOutage } from './feed-outage.js';
import { FeedReadModel } from './feed.read-model.js';

/** Fills entries from the database, a few at a time, and as often as it takes. */
@Injectable()
export class EntryFiller {
  private readonly waiting = new Map<CacheEntry, () => void>();
  private readonly abort = new AbortController();
  private readonly outage = new FeedOutage();
  private running = 0;

  constructor(
    private readonly readModel: FeedReadModel,
    private readonly limits: FeedLimits,
    private readonly settings: Settings,
    private readonly metrics: FeedMetrics,
  ) {}

  fill(entry: CacheEntry, onFilled: () => void): void {
    this.waiting.set(entry, onFilled);
    // Its user is to be there first.
    setImmediate(() => this.next());
  }

  stop(): void {
    this.waiting.clear();
    this.abort.abort(new Error('The server stops.'));
  }

  private get stopped(): boolean {
    return this.abort.signal.aborted;
  }

  private next(): void {
    for (const [entry, onFilled] of this.waiting) {
      if (this.running >= this.limits.fillsAtOnce) return;
      this.waiting.delete(entry);
      this.running += 1;
      void this.attempt(entry, onFilled).finally(() => {
        this.running -= 1;
        this.next();
      });
    }
  }

  private async attempt(entry: CacheEntry, onFilled: () => void): Promise<void> {
    if (!entry.isUsed) {
      entry.abandoned = true;
      return;
    }
    const startedAt = performance.now();
    // One entry is not to take the room of all others.
    const maxBytes = (this.settings.CACHE_MAX_MIB * 1024 * 1024) / 2;
    try {
      entry.fill(await this.readModel.history(entry.pair, maxBytes, this.abort.signal));
      onFilled();
      this.metrics.filled((performance.now() - startedAt) / 1000);
      this.outage.succeeded();
    } catch (error) {
      if (this.stopped) return;
      this.metrics.failed('fill');
      this.outage.failed(error);
      setTimeout(() => this.fill(entry, onFilled), this.limits.fillAgainMs).unref();
    }
  }
}
