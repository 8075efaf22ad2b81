import { Injectable, Logger } from '@nestjs/common';
import { OutageLog } from '../platform/async/index.js';
import { DatabaseWatch } from '../storage/index.js';

/** Whether the data that the feed sends is stale, and since when. */
@Injectable()
export class FeedFreshness {
  private readonly staleParts = new Map<string, Date>();
  private readonly listeners: (() => void)[] = [];
  private current: string | null = null;

  constructor(watch: DatabaseWatch) {
    watch.onChange(() => this.set('the database', watch.problem?.since));
  }

  /** Since when some updates are missing, RFC 3339; null if the feed is up to date. */
  get staleSince(): string | null {
    return this.current;
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** @param since undefined if this part is up to date again */
  set(part: string, since: Date | undefined): void {
    if (since === undefined) this.staleParts.delete(part);
    else this.staleParts.set(part, since);
    const earliest = Math.min(...[...this.staleParts.values()].map((date) => date.getTime()));
    const next = Number.isFinite(earliest) ? new Date(earliest).toISOString() : null;
    if (next === this.current) return;
    this.current = next;
    for (const listener of this.listeners) listener();
  }
}

/** Logs once that a part of the feed cannot be read, and once that it is up to date again. */
export class FeedOutage {
  private readonly logger = new Logger('Feed');
  private readonly outage: OutageLog;

  /** @param part of the feed with reads of its own, for log lines: `new messages` */
  constructor(
    private readonly part: string,
    private readonly freshness: Pick<FeedFreshness, 'set'>,
  ) {
    this.outage = new OutageLog(this.logger, {
      begins: (reason) => `The live feed is stale: ${part} cannot be read, retrying: ${reason}`,
      ends: (seconds) => `The live feed is up to date again with ${part}, after ${seconds} s.`,
    });
  }

  failed(error: unknown): void {
    this.logger.debug(`The live feed will retry reading ${this.part}: ${String(error)}`);
    this.outage.failed(error);
    this.freshness.set(this.part, this.outage.since);
  }

  succeeded(): void {
    this.outage.succeeded();
    this.freshness.set(this.part, undefined);
  }
}

/** Deduplication window: ids of rows that are read again, since each poll overlaps the previous one. */
export class RecentIds {
  /** When each was stored: microseconds since the epoch. */
  private readonly storedAt = new Map<string, number>();

  /** @returns whether it is new */
  add(id: string, storedAt: number): boolean {
    if (this.storedAt.has(id)) return false;
    this.storedAt.set(id, storedAt);
    return true;
  }

  /** Removes ids that were stored at or before a time: these rows are not read again. */
  prune(time: number): void {
    for (const [id, storedAt] of this.storedAt) if (storedAt <= time) this.storedAt.delete(id);
  }

  ids(): IterableIterator<string> {
    return this.storedAt.keys();
  }
}
