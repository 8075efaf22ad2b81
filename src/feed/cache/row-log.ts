import type { Frame } from '../subscriptions.js';

/** A message in the cache. Times are microseconds since the epoch. */
export interface CachedRow {
  /** Increases in the order of arrival. */
  seq: number;
  createdAt: number;
  /** When it was read; for history, when it was created. */
  arrivedAt: number;
  /** The JSON that subscribers get, as PostgreSQL wrote it. */
  text: string;
}

/** Approximate memory of a row without its text: objects, list elements, id. */
const OVERHEAD_BYTES = 200;
/** Cached frames. Few are needed: only subscribers that are behind have different positions. */
const MAX_FRAMES = 16;

const bytesOf = (row: CachedRow): number => row.text.length + OVERHEAD_BYTES;

/** The rows of an entry, sorted by arrival and by time. */
export class RowLog {
  private arrived: CachedRow[] = [];
  private timed: CachedRow[] = [];
  /** Live frames by the position before them, shared by subscribers. */
  readonly frames = new Map<number, Frame>();
  /** The seq of the newest row. */
  lastSeq = 0;
  /** The highest seq of an expired or evicted row. */
  removedSeq = 0;
  /** The latest time of an evicted row. */
  evictedTo = -Infinity;
  bytes = 0;

  get size(): number {
    return this.arrived.length;
  }

  /** @param rows by `arrivedAt` not before existing rows */
  append(rows: readonly Omit<CachedRow, 'seq'>[]): CachedRow[] {
    const added = rows.map((row) => ({ seq: (this.lastSeq += 1), ...row }));
    for (const row of added) {
      this.arrived.push(row);
      this.bytes += bytesOf(row);
    }
    this.insertByTime(added);
    this.frames.clear();
    return added;
  }

  /** The rows that arrived after a position. */
  after(seq: number): { rows: readonly CachedRow[]; from: number } {
    return { rows: this.arrived, from: firstIndex(this.arrived, (row) => row.seq > seq) };
  }

  /** The rows sorted by time, from the first one after a position in that order. */
  afterTime(createdAt: number, seq: number): { rows: readonly CachedRow[]; from: number } {
    const isAfter = (row: CachedRow): boolean =>
      row.createdAt > createdAt || (row.createdAt === createdAt && row.seq > seq);
    return { rows: this.timed, from: firstIndex(this.timed, isAfter) };
  }

  /** Removes rows that were created and arrived before a time. */
  expire(horizon: number): void {
    const count = firstIndex(this.arrived, (row) => row.arrivedAt >= horizon);
    const stay = (row: CachedRow): boolean => row.createdAt >= horizon;
    this.remove(count, stay);
  }

  /** Removes the oldest rows until so many bytes are free. @returns the number of removed rows */
  evict(bytes: number): number {
    let count = 0;
    for (let freed = 0; freed < bytes && count < this.arrived.length; count += 1) {
      const row = this.arrived[count];
      if (row === undefined) break;
      freed += bytesOf(row);
      this.evictedTo = Math.max(this.evictedTo, row.createdAt);
    }
    return this.remove(count, () => false);
  }

  cacheFrame(after: number, frame: Frame): void {
    if (this.frames.size >= MAX_FRAMES) this.frames.clear();
    this.frames.set(after, frame);
  }

  /** Removes those of the first `count` rows that do not stay. */
  private remove(count: number, stays: (row: CachedRow) => boolean): number {
    const head = this.arrived.slice(0, count);
    const kept = head.filter(stays);
    if (kept.length === count) return 0;
    const gone = new Set<CachedRow>();
    for (const row of head) {
      if (stays(row)) continue;
      gone.add(row);
      this.bytes -= bytesOf(row);
      this.removedSeq = Math.max(this.removedSeq, row.seq);
    }
    this.arrived = kept.concat(this.arrived.slice(count));
    this.timed = this.timed.filter((row) => !gone.has(row));
    this.frames.clear();
    return gone.size;
  }

  /** Most new rows are the newest. For late ones, the part after them is sorted again. */
  private insertByTime(added: readonly CachedRow[]): void {
    let earliest = Infinity;
    for (const row of added) earliest = Math.min(earliest, row.createdAt);
    const from = firstIndex(this.timed, (row) => row.createdAt > earliest);
    const tail = this.timed.slice(from).concat(added);
    tail.sort((left, right) => left.createdAt - right.createdAt || left.seq - right.seq);
    if (from === 0) this.timed = tail;
    else {
      this.timed.length = from;
      for (const row of tail) this.timed.push(row);
    }
  }
}

/** Binary search for the first item for which the condition holds. It must hold for all later ones. */
function firstIndex<T>(list: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
