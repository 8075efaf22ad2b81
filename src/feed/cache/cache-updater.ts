import { Injectable, Logger } from '@nestjs/common';
import { IntervalJobs } from '../../platform/async/index.js';
import { Settings } from '../../platform/config/index.js';
import { ALL_PEERS, keyOf } from '../feed-request.js';
import { FeedMetrics } from '../feed.metrics.js';
import { FeedFreshness, FeedOutage } from '../polling.js';
import type { CacheEntry } from './cache-entry.js';
import { FeedCache } from './feed-cache.js';
import { FeedReadModel, type NewMessageRow } from './feed.read-model.js';

/** Updates the cache with one query per interval, whatever the number of subscriptions. */
@Injectable()
export class CacheUpdater {
  private readonly logger = new Logger('Feed');
  private readonly outage: FeedOutage;
  private readonly jobs = new IntervalJobs(this.logger);

  constructor(
    private readonly settings: Settings,
    private readonly cache: FeedCache,
    private readonly readModel: FeedReadModel,
    private readonly metrics: FeedMetrics,
    freshness: FeedFreshness,
  ) {
    this.outage = new FeedOutage('new messages', freshness);
  }

  start(): void {
    this.jobs.schedule('update cache', this.settings.CACHE_UPDATE_INTERVAL_MS, () => this.tick());
  }

  stop(): void {
    this.jobs.stop();
  }

  private async tick(): Promise<void> {
    this.cache.dropUnused();
    const entries = this.cache.used();
    if (entries.length === 0) return;
    const startedAt = performance.now();
    const { CACHE_UPDATE_TIMEOUT_S } = this.settings;
    const slow = setTimeout(() => {
      this.logger.warn(
        `An update of the live feed's cache is taking more than ${CACHE_UPDATE_TIMEOUT_S.toString()} s.`,
      );
    }, CACHE_UPDATE_TIMEOUT_S * 1000);
    try {
      await this.update(entries);
      this.metrics.updated((performance.now() - startedAt) / 1000);
      this.outage.succeeded();
    } catch (error) {
      // Some entries may have rows that others lack.
      for (const entry of entries) entry.mayLackRows = true;
      if (this.jobs.signal.aborted) return;
      this.metrics.failed('update');
      this.outage.failed(error);
    } finally {
      clearTimeout(slow);
    }
  }

  private async update(entries: readonly CacheEntry[]): Promise<void> {
    const byKey = new Map(entries.map((entry) => [keyOf(entry.pair), entry]));
    const take = (rows: readonly NewMessageRow[], now: number): void => {
      for (const [key, ofPair] of byPair(rows)) byKey.get(key)?.update(ofPair, now);
      this.cache.evictOldest();
    };
    const query = {
      pairs: entries.map(({ pair }) => pair),
      storedAfter: entries.reduce((earliest, { readFrom }) => Math.min(earliest, readFrom), Infinity),
      known: knownToAll(entries),
    };
    const now = await this.readModel.newMessages(query, take, this.jobs.signal);
    const horizon = now - this.settings.CACHE_EXPIRY_S * 1e6;
    for (const entry of entries) entry.updated(now, horizon);
  }
}

function byPair(rows: readonly NewMessageRow[]): Map<string, NewMessageRow[]> {
  const pairs = new Map<string, NewMessageRow[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const ofPair = pairs.get(key);
    if (ofPair === undefined) pairs.set(key, [row]);
    else ofPair.push(row);
  }
  return pairs;
}

/**
 * Ids of messages to skip, because every entry has them. Ids of a complete entry are known to every other entry that can
 * have the message, unless that one may lack rows.
 */
function knownToAll(entries: readonly CacheEntry[]): string[] {
  const incomplete = entries.filter((entry) => entry.mayLackRows).map(({ pair }) => pair);
  const ofAny = new Set(incomplete.map(({ msg }) => msg));
  const ofAll = new Set(incomplete.filter(({ peer_id }) => peer_id === ALL_PEERS).map(({ msg }) => msg));
  const known = new Set<string>();
  for (const entry of entries) {
    const { peer_id, msg } = entry.pair;
    if (entry.mayLackRows || ofAll.has(msg) || (peer_id === ALL_PEERS && ofAny.has(msg))) continue;
    for (const id of entry.knownIds()) known.add(id);
  }
  return [...known];
}
