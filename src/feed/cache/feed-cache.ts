import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/index.js';
import { FeedMetrics } from '../feed.metrics.js';
import { keyOf, type PeerMessage } from '../request/peer-message.js';
import { CacheEntry } from './cache-entry.js';
import { EntryFiller } from './entry-filler.js';

/** An entry that nobody has read for longer is filled anew rather than brought up to date: milliseconds. */
const CATCH_UP_MS = 300_000;
/** Where there is no room, so much more goes that the next row does not bring it up again at once. */
const SPARE = 0.02;

/** What the feed holds of the database, by pair. */
@Injectable()
export class FeedCache {
  private readonly entries = new Map<string, CacheEntry>();

  constructor(
    private readonly settings: Settings,
    private readonly filler: EntryFiller,
    private readonly metrics: FeedMetrics,
  ) {
    metrics.watch({
      cachedPairs: () => this.entries.size,
      cachedRows: () => this.sum((entry) => entry.log.size),
      cachedBytes: () => this.sum((entry) => entry.bytes),
    });
  }

  /** The entry of a pair, which is filled from the database where it is new. Its user adds a subscription at once. */
  entry(pair: PeerMessage): CacheEntry {
    const key = keyOf(pair);
    const known = this.entries.get(key);
    if (known !== undefined && !known.abandoned && !isUnusedFor(known, CATCH_UP_MS)) return known;
    const entry = new CacheEntry(pair);
    this.entries.set(key, entry);
    this.filler.fill(entry, () => this.makeRoom());
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
