import { Injectable, Logger } from '@nestjs/common';
import { DatabaseWatch } from '../storage/index.js';

/** Knows whether what the feed sends is behind, since when, and who is to be told. */
@Injectable()
export class FeedFreshness {
  private readonly late = new Map<string, Date>();
  private readonly listeners: (() => void)[] = [];
  private current: string | null = null;

  constructor(watch: DatabaseWatch) {
    watch.onChange(() => this.set('the database', watch.trouble?.since));
  }

  /** Since when nothing new is sent, or not all of it, RFC 3339; null where all is well. */
  get staleSince(): string | null {
    return this.current;
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** @param since undefined where that part is up to date again */
  set(part: string, since: Date | undefined): void {
    if (since === undefined) this.late.delete(part);
    else this.late.set(part, since);
    const earliest = Math.min(...[...this.late.values()].map((date) => date.getTime()));
    const next = Number.isFinite(earliest) ? new Date(earliest).toISOString() : null;
    if (next === this.current) return;
    this.current = next;
    for (const listener of this.listeners) listener();
  }
}

/** Says once when something of the feed is not kept up to date, and why, and once when it is again. */
export class FeedOutage {
  private readonly logger = new Logger('Feed');
  private since: Date | undefined;

  /** @param what cannot be read meanwhile: several parts of the feed read for themselves */
  constructor(
    private readonly what: string,
    private readonly freshness: Pick<FeedFreshness, 'set'>,
  ) {}

  failed(error: unknown): void {
    this.logger.debug(`The live feed will retry reading ${this.what}: ${String(error)}`);
    if (this.since !== undefined) return;
    this.since = new Date();
    this.freshness.set(this.what, this.since);
    this.logger.warn(`The live feed is stale: ${this.what} cannot be read, retrying: ${String(error)}`);
  }

  succeeded(): void {
    if (this.since === undefined) return;
    const seconds = Math.round((Date.now() - this.since.getTime()) / 1000).toString();
    this.since = undefined;
    this.freshness.set(this.what, undefined);
    this.logger.log(`The live feed is up to date again with ${this.what}, after ${seconds} s.`);
  }
}

/** The ids of rows that may come a second time, since what was stored lately is read again. */
export class RecentIds {
  /** With when each was stored: microseconds since the epoch. */
  private readonly storedAt = new Map<string, number>();

  /** @returns whether it is new */
  add(id: string, storedAt: number): boolean {
    if (this.storedAt.has(id)) return false;
    this.storedAt.set(id, storedAt);
    return true;
  }

  /** Those stored at or before a time are not read again. */
  prune(time: number): void {
    for (const [id, storedAt] of this.storedAt) if (storedAt <= time) this.storedAt.delete(id);
  }

  ids(): IterableIterator<string> {
    return this.storedAt.keys();
  }
}

/**
 * Does work again and again, an interval after it began, until the signal aborts. Work that takes longer is followed
 * by the next at once.
 *
 * @param work does not fail
 */
export function poll(intervalMs: number, work: () => Promise<void>, signal: AbortSignal): void {
  let timer: NodeJS.Timeout | undefined;
  const schedule = (lastAt: number): void => {
    if (signal.aborted) return;
    const wait = Math.max(0, lastAt + intervalMs - performance.now());
    timer = setTimeout(() => {
      const startedAt = performance.now();
      void work().finally(() => schedule(startedAt));
    }, wait);
  };
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  schedule(performance.now());
}
