import type { AddressedClient } from '../../platform/async/index.js';
import { inMicroseconds, READ_AGAIN_MS } from '../../storage/index.js';
import { Aggregate } from '../aggregate/aggregate.js';
import type { PeerMessage } from '../feed-request.js';
import { RecentIds } from '../polling.js';
import type { Subscription } from '../subscriptions.js';
import type { AggregateFiller } from './cache-fillers.js';
import type { StoredRow } from './feed.read-model.js';
import { type CachedRow, RowLog } from './row-log.js';

/** The client in whose turns new rows are aggregated. */
const UPDATES: AddressedClient = { address: 'updates' };

/** The history of a pair. */
export interface History {
  /** Sorted by time. */
  rows: readonly StoredRow[];
  /** The time of the database: microseconds since the epoch. */
  now: number;
  /** Complete from this time on. */
  from: number;
}

/** The cached messages of a pair, and its subscriptions. */
export class CacheEntry {
  readonly log = new RowLog();
  private readonly known = new RecentIds();
  private readonly subscriptions = new Set<Subscription>();
  private readonly aggregates = new Map<string, Aggregate>();
  /** All rows from this time on are or were cached: microseconds since the epoch. */
  completeFrom = Infinity;
  private filled = false;
  /** New subscriptions get no older rows: microseconds since the epoch. */
  horizon = -Infinity;
  /** The time of the database at the last complete update. */
  seenAt = -Infinity;
  /**
   * It may lack rows that other entries have: it was not part of a complete update since it was filled, since an update
   * failed, or since it was unused.
   */
  mayLackRows = true;
  /** Since when it has no subscription, by `performance.now()`. */
  unusedSince: number | undefined = performance.now();

  /** It was dropped before it was filled, since its subscriptions had ended. */
  abandoned = false;

  /** @param onGrown is called when many rows were added, and the cache may be too large */
  constructor(
    readonly pair: PeerMessage,
    private readonly aggregateFiller: AggregateFiller,
    private readonly onGrown: () => void,
  ) {}

  get isFilled(): boolean {
    return this.filled;
  }

  get isUsed(): boolean {
    return this.subscriptions.size > 0;
  }

  /** Approximate memory in use: bytes. */
  get bytes(): number {
    let bytes = this.log.bytes;
    for (const aggregate of this.aggregates.values()) bytes += aggregate.bytes;
    return bytes;
  }

  /** Rows stored after this time may be unknown: microseconds since the epoch. */
  get readFrom(): number {
    return this.seenAt - inMicroseconds(READ_AGAIN_MS);
  }

  /** Ids of cached rows that will be read again. */
  knownIds(): IterableIterator<string> {
    return this.known.ids();
  }

  add(subscription: Subscription): void {
    this.subscriptions.add(subscription);
    this.unusedSince = undefined;
  }

  remove(subscription: Subscription): void {
    this.subscriptions.delete(subscription);
    if (this.isUsed) return;
    this.unusedSince ??= performance.now();
    // Further updates do not include it.
    this.mayLackRows = true;
  }

  /** Adds the history. */
  fill({ rows, now, from }: History): void {
    this.seenAt = now;
    this.completeFrom = from;
    this.horizon = from;
    this.filled = true;
    for (const { id, storedAt } of rows) if (storedAt > this.readFrom) this.known.add(id, storedAt);
    this.log.append(
      rows.map(({ createdAt, text }) => ({ createdAt, arrivedAt: Math.min(createdAt, now), text })),
    );
    this.grown();
  }

  /**
   * Adds those rows that are new.
   *
   * @param now the time of the database
   * @returns the number of new rows
   */
  update(rows: readonly StoredRow[], now: number): number {
    const fresh = rows.filter(({ id, storedAt }) => storedAt > this.readFrom && this.known.add(id, storedAt));
    if (fresh.length === 0) return 0;
    const added = this.log.append(fresh.map(({ createdAt, text }) => ({ createdAt, arrivedAt: now, text })));
    this.addToAggregates(added);
    this.notifyAll();
    return added.length;
  }

  /**
   * Ends a complete update.
   *
   * @param horizon older rows expire: microseconds since the epoch
   */
  updated(now: number, horizon: number): void {
    this.seenAt = now;
    // Without subscriptions, further updates do not include it.
    this.mayLackRows = !this.isUsed;
    this.horizon = horizon;
    this.completeFrom = Math.max(this.completeFrom, horizon);
    // One second more than is read again, because times are rounded.
    this.known.prune(this.readFrom - 1_000_000);
    this.log.expire(horizon);
    for (const aggregate of this.aggregates.values()) aggregate.expire(horizon);
  }

  /** Drops the oldest rows. @returns the number of dropped rows */
  evict(bytes: number): number {
    const before = this.bytes;
    const rows = this.log.evict(bytes);
    this.completeFrom = Math.max(this.completeFrom, this.log.evictedTo + 1);
    for (const aggregate of this.aggregates.values()) {
      const left = bytes - (before - this.bytes);
      if (left > 0) aggregate.evict(left);
    }
    // Subscriptions that have not sent these rows end.
    this.notifyAll();
    return rows;
  }

  /**
   * The aggregate of a field. Subscriptions with the same field and interval share it. It is filled in the background, and
   * subscriptions are notified when it is filled.
   *
   * @param by the client, which takes turns with others
   */
  openAggregate(key: string, intervalS: number, by: AddressedClient): Aggregate {
    const name = `${intervalS.toString()} ${key}`;
    let aggregate = this.aggregates.get(name);
    if (aggregate === undefined) {
      const close = (): void => void this.aggregates.delete(name);
      aggregate = new Aggregate({
        pair: this.pair,
        key,
        intervalS,
        completeFrom: this.completeFrom,
        onUnused: close,
      });
      this.aggregates.set(name, aggregate);
    }
    aggregate.open();
    if (!aggregate.isDone) this.aggregateFiller.fill(aggregate, this, by);
    return aggregate;
  }

  /** Notifies subscriptions of new rows, and evicts rows if there are too many. */
  grown(): void {
    this.notifyAll();
    this.onGrown();
  }

  /** Work beyond a time slice continues in the background. */
  private addToAggregates(rows: readonly CachedRow[]): void {
    const until = performance.now() + this.aggregateFiller.sliceMs;
    for (const aggregate of this.aggregates.values()) {
      if (performance.now() < until) aggregate.add(rows);
      else if (aggregate.defer(rows)) this.aggregateFiller.fill(aggregate, this, UPDATES);
    }
  }

  private notifyAll(): void {
    for (const subscription of this.subscriptions) subscription.notify();
  }
}
