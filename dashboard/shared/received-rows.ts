import type { FeedRow } from './feed.js';

/** Counts of texts. */
export class Counts {
  private readonly counts: Map<string, number>;

  constructor(other?: Counts) {
    this.counts = new Map(other?.counts);
  }

  get size(): number {
    return this.counts.size;
  }

  keys(): string[] {
    return [...this.counts.keys()];
  }

  add(text: string): void {
    this.counts.set(text, (this.counts.get(text) ?? 0) + 1);
  }

  /** Decrements a count. @returns false if it was 0 */
  take(text: string): boolean {
    const count = this.counts.get(text) ?? 0;
    if (count > 1) this.counts.set(text, count - 1);
    else this.counts.delete(text);
    return count > 0;
  }

  delete(text: string): void {
    this.counts.delete(text);
  }
}

/** Overlap of a resumed subscription, because messages may arrive late: milliseconds. */
export const OVERLAP_MS = 600_000;
/** Maximum number of remembered rows. With more rows, the overlap is shorter. */
const MAX_ROWS = 10_000;
/** Share of the rows that is evicted above the maximum. */
const EVICTED_SHARE = 0.2;

/** Recent rows of a subscription. They are dropped if they arrive again after a resume. */
export class ReceivedRows {
  private newest = '';
  /** Time of the last arrival by the clock of this browser, because the clock of a node may be ahead. Milliseconds. */
  private heardAt = 0;
  /** Counts of received rows, by time and content. */
  private readonly counts = new Counts();
  /** Counts of rows that will arrive again. */
  private expected = new Counts();
  /** Rows up to this time are not remembered. */
  private evictedUntil = '';

  constructor(private readonly maxRows = MAX_ROWS) {}

  /** Start time of a resumed subscription, RFC 3339; undefined without rows. Rows since then are expected again. */
  resume(): string | undefined {
    if (this.newest === '') return undefined;
    this.expected = new Counts(this.counts);
    const last = Math.min(Date.parse(this.newest), this.heardAt);
    const earlier = new Date(last - OVERLAP_MS).toISOString();
    if (this.evictedUntil === '' || Date.parse(earlier) > Date.parse(this.evictedUntil)) return earlier;
    const [first = this.newest] = this.counts.keys().map(timeOf).sort();
    return first;
  }

  /** Returns the rows that have not arrived before, and remembers them. */
  fresh(rows: readonly FeedRow[]): FeedRow[] {
    this.noteTimes(rows);
    return rows.filter((row) => {
      const key = keyOf(row);
      if (this.expected.take(key)) return false;
      this.remember(key, row.created_at);
      return true;
    });
  }

  /** Records the times of rows. Aggregates need no more, because they replace each other. */
  noteTimes(rows: readonly FeedRow[]): void {
    this.heardAt = Date.now();
    for (const { created_at } of rows) if (created_at > this.newest) this.newest = created_at;
  }

  private remember(key: string, time: string): void {
    if (time <= this.evictedUntil) return;
    this.counts.add(key);
    if (this.counts.size > this.maxRows) this.evict();
  }

  /** Evicts the oldest rows. */
  private evict(): void {
    const times = this.counts.keys().map(timeOf).sort();
    this.evictedUntil = times[Math.floor(this.maxRows * EVICTED_SHARE)] ?? '';
    for (const key of this.counts.keys()) if (timeOf(key) <= this.evictedUntil) this.counts.delete(key);
  }
}

/** The time and a hash of the content, because rows may be large. */
function keyOf(row: FeedRow): string {
  return `${row.created_at} ${hashOf(JSON.stringify(row))}`;
}

function timeOf(key: string): string {
  return key.slice(0, key.indexOf(' '));
}

/** Two FNV-1a hashes of 32 bits with different offsets and primes, and the length. */
function hashOf(text: string): string {
  let [a, b] = [0x811c9dc5, 0x1b873593];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b);
  }
  return `${(a >>> 0).toString(36)} ${(b >>> 0).toString(36)} ${text.length.toString(36)}`;
}
