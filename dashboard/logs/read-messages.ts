import { Counts, OVERLAP_MS } from '../shared/received-rows.js';
import type { ShownMessage } from './shown-message.js';

/** The feed leaves them out, or sets them. */
const NOT_IN_FEED = new Set(['ts', 'id', 'msg', 'level', 'line', 'created_at']);

/** What was read before the feed is followed: it sends some of it again. */
export class ReadMessages {
  /** How often each is to come again. */
  private readonly counts = new Counts();
  private readonly newest: string | undefined;
  /** What is as old or older comes with older pages. */
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

  /** From when on the feed is to be followed: milliseconds since the epoch. @param now by this computer */
  followFrom(now: number): number {
    if (this.newest === undefined) return -Infinity;
    // A node's clock may be ahead.
    const again = Math.min(Date.parse(this.newest), now) - OVERLAP_MS;
    return Math.max(again, this.oldest === undefined ? -Infinity : Date.parse(this.oldest));
  }

  /** Whether a row of the feed was read, or comes with older pages. Called once for each. */
  has(msg: string, row: { created_at: string }): boolean {
    if (this.oldest !== undefined && row.created_at <= this.oldest) return true;
    return this.counts.take(keyOf(msg, row.created_at, row));
  }
}

function keyOf(msg: string, createdAt: string, logs: object): string {
  const said = Object.entries(logs).filter(([name]) => !NOT_IN_FEED.has(name));
  return JSON.stringify([createdAt, msg, said]);
}
