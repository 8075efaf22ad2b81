import { inMicroseconds, READ_AGAIN_MS } from '../../storage/index.js';
import { Aggregate } from '../aggregate/aggregate.js';
import type { PeerMessage } from '../feed-request.js';
import { RecentIds } from '../polling.js';
import type { Subscription } from '../subscriptions.js';
import type { AggregateFiller } from './cache-fillers.js';
import type { StoredRow } from './feed.read-model.js';
import { type CachedRow, RowLog } from './row-log.js';
import type { FeedClient } from './turns.js';

/** Has the turns of what arrives. */
const UPDATES: FeedClient = { address: 'updates' };

export interface Filling {
  /** In the order of their time. */
  rows: readonly StoredRow[];
  /** The database's time: microseconds since the epoch. */
  now: number;
  /** All rows of this pair from this time on are among them. */
  from: number;
}

/** What the cache holds of a pair, and who reads it. */
export class CacheEntry {
  readonly log = new RowLog();
  private readonly known = new RecentIds();
  private readonly subscriptions = new Set<Subscription>();
  private readonly aggregates = new Map<string, Aggregate>();
  /** All rows from this time on are here or have been since: microseconds since the epoch. */
  heldFrom = Infinity;
  private filled = false;
  /** What is older is sent to nobody who comes: microseconds since the epoch. */
  horizon = -Infinity;
  /** The database's time when it was last read whole. */
  seenAt = -Infinity;
  /**
   * Others may know what it does not: it has not been part of a whole update since it was filled, since one failed,
   * or since nobody used it.
   */
  fresh = true;
  /** Since when nobody reads it, by `performance.now()`. */
  unusedSince: number | undefined = performance.now();

  /** It was given up before it was filled, since nobody read it any more. */
  abandoned = false;

  /** @param onGrown is called when much has been added at once, and there may be too much */
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

  /** Bytes that it holds, about. */
  get bytes(): number {
    let bytes = this.log.bytes;
    for (const aggregate of this.aggregates.values()) bytes += aggregate.bytes;
    return bytes;
  }

  /** Rows stored after this may not have been seen: microseconds since the epoch. */
  get readFrom(): number {
    return this.seenAt - inMicroseconds(READ_AGAIN_MS);
  }

  /** Ids that are known here and will be read again. */
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
    // Updates go on without it.
    this.fresh = true;
  }

  /** Takes in the history. */
  fill({ rows, now, from }: Filling): void {
    this.seenAt = now;
    this.heldFrom = from;
    this.horizon = from;
    this.filled = true;
    for (const { id, storedAt } of rows) if (storedAt > this.readFrom) this.known.add(id, storedAt);
    this.log.append(
      rows.map(({ createdAt, text }) => ({ createdAt, arrivedAt: Math.min(createdAt, now), text })),
    );
    this.grown();
  }

  /**
   * Takes in what is new among the rows that were read.
   *
   * @param now the database's time
   * @returns how many were new
   */
  update(rows: readonly StoredRow[], now: number): number {
    const fresh = rows.filter(({ id, storedAt }) => storedAt > this.readFrom && this.known.add(id, storedAt));
    if (fresh.length === 0) return 0;
    const added = this.log.append(fresh.map(({ createdAt, text }) => ({ createdAt, arrivedAt: now, text })));
    this.addToAggregates(added);
    this.wakeAll();
    return added.length;
  }

  /**
   * It has been read whole.
   *
   * @param horizon what is older is too old to be kept: microseconds since the epoch
   */
  updated(now: number, horizon: number): void {
    this.seenAt = now;
    // Where nobody has used it since the update began, the next ones go on without it.
    this.fresh = !this.isUsed;
    this.horizon = horizon;
    this.heldFrom = Math.max(this.heldFrom, horizon);
    // A little more than is read again: a time that was rounded must not make a row new.
    this.known.prune(this.readFrom - 1_000_000);
    this.log.expire(horizon);
    for (const aggregate of this.aggregates.values()) aggregate.expire(horizon);
  }

  /** Gives up the oldest of what it holds. @returns how many rows went */
  evict(bytes: number): number {
    const before = this.bytes;
    const rows = this.log.evict(bytes);
    this.heldFrom = Math.max(this.heldFrom, this.log.evictedTo + 1);
    for (const aggregate of this.aggregates.values()) {
      const left = bytes - (before - this.bytes);
      if (left > 0) aggregate.evict(left);
    }
    // Who has lost rows is to be told.
    this.wakeAll();
    return rows;
  }

  /**
   * The aggregate over a field; those with the same field and interval share it until all have left it. It takes in
   * what is here bit by bit, and readers are woken when it has.
   *
   * @param by who wants it: each who does has a turn
   */
  openAggregate(key: string, intervalS: number, by: FeedClient): Aggregate {
    const name = `${intervalS.toString()} ${key}`;
    let aggregate = this.aggregates.get(name);
    if (aggregate === undefined) {
      const close = (): void => void this.aggregates.delete(name);
      aggregate = new Aggregate({
        pair: this.pair,
        key,
        intervalS,
        wholeFrom: this.heldFrom,
        onUnused: close,
      });
      this.aggregates.set(name, aggregate);
    }
    aggregate.open();
    if (!aggregate.isDone) this.aggregateFiller.fill(aggregate, this, by);
    return aggregate;
  }

  /** Has readers look at what there is, and makes room where that is too much. */
  grown(): void {
    this.wakeAll();
    this.onGrown();
  }

  /** What takes longer than a slice goes on bit by bit. */
  private addToAggregates(rows: readonly CachedRow[]): void {
    const until = performance.now() + this.aggregateFiller.sliceMs;
    for (const aggregate of this.aggregates.values()) {
      if (performance.now() < until) aggregate.add(rows);
      else if (aggregate.fallBehind(rows)) this.aggregateFiller.fill(aggregate, this, UPDATES);
    }
  }

  private wakeAll(): void {
    for (const subscription of this.subscriptions) subscription.wake();
  }
}
