import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/index.js';
import { FeedLimits } from '../feed-limits.js';
import { keyOf, type PeerMessage } from '../feed-request.js';
import { FeedMetrics } from '../feed.metrics.js';
import { CacheEntry } from './cache-entry.js';
import { AggregateFiller, EntryFiller } from './cache-fillers.js';
import type { FeedClient } from './turns.js';

/** An entry that nobody has read for longer is filled anew rather than brought up to date: milliseconds. */
const CATCH_UP_MS = 300_000;
/** Where there is no room, so much more goes that the next row does not bring it up again at once. */
const SPARE = 0.02;

/** What the feed holds of the database, by pair. */
@Injectable()
export class FeedCache {
  private readonly entries = new Map<string, CacheEntry>();
  private readonly aggregateFiller: AggregateFiller;

  constructor(
    private readonly settings: Settings,
    private readonly filler: EntryFiller,
    private readonly metrics: FeedMetrics,
    limits: FeedLimits,
  ) {
    this.aggregateFiller = new AggregateFiller(limits);
    metrics.watch({
      cachedPairs: () => this.entries.size,
      cachedRows: () => this.sum((entry) => entry.log.size),
      cachedBytes: () => this.sum((entry) => entry.bytes),
    });
  }

  /**
   * The entry of a pair, which is filled from the database where it is new. Its user adds a subscription at once.
   *
   * @param by who wants it: it is filled in turns
   */
  entry(pair: PeerMessage, by: FeedClient): CacheEntry {
    const key = keyOf(pair);
    let entry = this.entries.get(key);
    if (entry === undefined || entry.abandoned || isUnusedFor(entry, CATCH_UP_MS)) {
      entry = new CacheEntry(pair, this.aggregateFiller, () => this.makeRoom());
      this.entries.set(key, entry);
    }
    if (!entry.isFilled) this.filler.fill(entry, by);
    return entry;
  }

  /** Those that somebody subscribes to and that are filled. */
  used(): CacheEntry[] {
    return [...this.entries.values()].filter((entry) => entry.isUsed && entry.isFilled);
  }

  /** Lets go of what nobody has used for `CACHE_TIMEOUT_S`. */
  dropUnused(): void {
    for (const [key, entry] of this.entries) {
      if (isUnusedFor(entry, this.settings.CACHE_TIMEOUT_S * 1000)) this.entries.delete(key);
    }
  }

  /** Lets go of the oldest rows of the largest entries, as long as all together are larger than `CACHE_MAX_MIB`. */
  makeRoom(): void {
    const limit = this.settings.CACHE_MAX_MIB * 1024 * 1024;
    for (let bytes = this.sum((entry) => entry.bytes); bytes > limit;) {
      const [largest] = [...this.entries.values()].sort((one, other) => other.bytes - one.bytes);
      if (largest === undefined) return;
      const before = largest.bytes;
      this.metrics.evicted(largest.evict(bytes - limit * (1 - SPARE)));
      if (largest.bytes === before) return;
      bytes += largest.bytes - before;
    }
  }

  private sum(of: (entry: CacheEntry) => number): number {
    let sum = 0;
    for (const entry of this.entries.values()) sum += of(entry);
    return sum;
  }
}

function isUnusedFor(entry: CacheEntry, limitMs: number): boolean {
  return entry.unusedSince !== undefined && performance.now() - entry.unusedSince >= limitMs;
}
