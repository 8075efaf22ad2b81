import { Injectable } from '@nestjs/common';
import type { AddressedClient } from '../../platform/async/index.js';
import { Settings } from '../../platform/config/index.js';
import { FeedLimits } from '../feed-limits.js';
import { keyOf, type PeerMessage } from '../feed-request.js';
import { FeedMetrics } from '../feed.metrics.js';
import { CacheEntry } from './cache-entry.js';
import { AggregateFiller, EntryFiller } from './cache-fillers.js';

/** An entry that was unused for longer is filled again instead of updated: milliseconds. */
const CATCH_UP_MS = 300_000;
/** Part of the limit that is freed when it is exceeded, so that the next row does not exceed it again. */
const FREED_PART = 0.02;

/** The cached messages of the feed, by pair. */
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
   * The entry of a pair. A new one is filled from the database. The caller must add a subscription at once.
   *
   * @param by the client that waits for it
   */
  entry(pair: PeerMessage, by: AddressedClient): CacheEntry {
    const key = keyOf(pair);
    let entry = this.entries.get(key);
    if (entry === undefined || entry.abandoned || isUnusedFor(entry, CATCH_UP_MS)) {
      entry = new CacheEntry(pair, this.aggregateFiller, () => this.evictOldest());
      this.entries.set(key, entry);
    }
    if (!entry.isFilled) this.filler.fill(entry, by);
    return entry;
  }

  /** Filled entries with subscriptions. */
  used(): CacheEntry[] {
    return [...this.entries.values()].filter((entry) => entry.isUsed && entry.isFilled);
  }

  /** Drops entries that were unused for `CACHE_TIMEOUT_S`. */
  dropUnused(): void {
    for (const [key, entry] of this.entries) {
      if (isUnusedFor(entry, this.settings.CACHE_TIMEOUT_S * 1000)) this.entries.delete(key);
    }
  }

  /** Drops the oldest rows of the largest entries while the cache is larger than `CACHE_MAX_MIB`. */
  evictOldest(): void {
    const limit = this.settings.CACHE_MAX_MIB * 1024 * 1024;
    for (let bytes = this.sum((entry) => entry.bytes); bytes > limit;) {
      const [largest] = [...this.entries.values()].sort((one, other) => other.bytes - one.bytes);
      if (largest === undefined) return;
      const before = largest.bytes;
      this.metrics.evicted(largest.evict(bytes - limit * (1 - FREED_PART)));
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
