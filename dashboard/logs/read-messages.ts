import { Counts, OVERLAP_MS } from '../shared/received-rows.js';
import type { ShownMessage } from './shown-message.js';

/** Fields that the feed omits or sets itself. */
const NOT_IN_FEED = new Set(['ts', 'id', 'msg', 'level', 'line', 'created_at']);

/** Messages that were loaded before the feed started. The feed sends some of them again. */
export class ReadMessages {
  /** Counts of messages that will arrive again. */
  private readonly counts = new Counts();
  private readonly newest: string | undefined;
  /** Messages up to this time are loaded with older pages. */
  private readonly oldest: string | undefined;

  /**
   * @param rows newest first
   * @param more whether there may be older ones
   */
  constructor(rows: readonly ShownMessage[], more: boolean) {
    this.newest = rows[0]?.createdAt;
    this.oldest = more ? rows.at(-1)?.createdAt : undefined;
    for (const { msg, createdAt, logs } of rows) {
      this.counts.add(keyOf(msg, createdAt, logs));
    }
  }

  /** Start time of the feed: milliseconds since the epoch. @param now by the browser's clock */
  followFrom(now: number): number {
    if (this.newest === undefined) return -Infinity;
    // The clock of a node may be ahead.
    const overlapStart = Math.min(Date.parse(this.newest), now) - OVERLAP_MS;
    return Math.max(overlapStart, this.oldest === undefined ? -Infinity : Date.parse(this.oldest));
  }

  /** Whether a row of the feed is already loaded, or is loaded with older pages. Call once per row. */
  has(msg: string, row: { created_at: string }): boolean {
    if (this.oldest !== undefined && row.created_at <= this.oldest) return true;
    return this.counts.take(keyOf(msg, row.created_at, row));
  }
}

function keyOf(msg: string, createdAt: string, logs: object): string {
  const content = Object.entries(logs).filter(([name]) => !NOT_IN_FEED.has(name));
  return JSON.stringify([createdAt, msg, content]);
}
