import { Injectable } from '@nestjs/common';
import { DatabaseWatch } from '../storage/index.js';

/** Knows whether what the feed sends is behind, since when, and who is to be told. */
@Injectable()
export class FeedFreshness {
  private readonly late = new Map<string, Date>();
  private readonly listeners: (() => void)[] = [];
  private current: string | null = null;

  constructor(watch: DatabaseWatch) {
    watch.onChange(() => this.set('the database', watch.problem?.since));
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
