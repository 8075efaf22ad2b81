import type { FeedRow } from './feed.js';

/** How often each text is there. */
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

  /** Takes one away. @returns whether there was one */
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
/** What is forgotten when there is no more room. */
const EVICTED_SHARE = 0.2;

/** What has come of a subscription lately, so that it can be gone on with some minutes earlier. */
export class ReceivedRows {
  private newest = '';
  /** When something came last, by this computer: a node's clock may be ahead. Milliseconds. */
  private heardAt = 0;
  /** How often a row has come, by its time and content. */
  private readonly counts = new Counts();
  /** How often it is to come again. */
  private expected = new Counts();
  /** What is not newer is not remembered. */
  private evictedUntil = '';

  constructor(private readonly most = MAX_ROWS) {}

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

  /** Those that have not come before. They are remembered. */
  fresh(rows: readonly FeedRow[]): FeedRow[] {
    this.noteTimes(rows);
    return rows.filter((row) => {
      const key = keyOf(row);
      if (this.expected.take(key)) return false;
      this.remember(key, row.created_at);
      return true;
    });
  }

  /** Notes when they are from. For aggregates that is all: they replace each other. */
  noteTimes(rows: readonly FeedRow[]): void {
    this.heardAt = Date.now();
    for (const { created_at } of rows) if (created_at > this.newest) this.newest = created_at;
  }

  private remember(key: string, time: string): void {
    if (time <= this.evictedUntil) return;
    this.counts.add(key);
    if (this.counts.size > this.most) this.forget();
  }

  /** The oldest. */
  private forget(): void {
    const times = this.counts.keys().map(timeOf).sort();
    this.evictedUntil = times[Math.floor(this.most * EVICTED_SHARE)] ?? '';
    for (const key of this.counts.keys()) if (timeOf(key) <= this.evictedUntil) this.counts.delete(key);
  }
}

/** The time of a row and a sum over its content: rows may be large. */
function keyOf(row: FeedRow): string {
  return `${row.created_at} ${sumOf(JSON.stringify(row))}`;
}

function timeOf(key: string): string {
  return key.slice(0, key.indexOf(' '));
}

/** Two sums of 32 bits (FNV-1a from different starts), and the length. */
function sumOf(text: string): string {
  let [one, other] = [0x811c9dc5, 0x1b873593];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 0x01000193);
    other = Math.imul(other ^ code, 0x85ebca6b);
  }
  return `${(one >>> 0).toString(36)} ${(other >>> 0).toString(36)} ${text.length.toString(36)}`;
}
