import type { Frame } from '../subscriptions.js';

/** A message in the cache. Times are microseconds since the epoch. */
export interface CachedRow {
  /** Grows in the order of arrival. */
  seq: number;
  createdAt: number;
  /** When we learnt of it; for history, when it was created. */
  arrivedAt: number;
  /** The JSON that subscribers get, as PostgreSQL wrote it. */
  text: string;
}

/** What a row costs beside its text: the objects, the places in the lists, its id. */
const OVERHEAD_BYTES = 200;
/** Frames that are kept to be shared; subscribers that are behind each have a position of their own. */
const MAX_FRAMES = 16;

const bytesOf = (row: CachedRow): number => row.text.length + OVERHEAD_BYTES;

/** The rows of an entry in the order of their arrival, and of their time. */
export class RowLog {
  private arrived: CachedRow[] = [];
  private timed: CachedRow[] = [];
  /** Of live frames by the position that they follow. */
  readonly frames = new Map<number, Frame>();
  /** The seq of the newest row. */
  lastSeq = 0;
  /** The highest seq of a row that is gone, by age or for want of room. */
  removedSeq = 0;
  /** The latest time of a row that went before its age was over. */
  evictedTo = -Infinity;
  bytes = 0;

  get size(): number {
    return this.arrived.length;
  }

  /** @param rows each not before those that are here, by `arrivedAt` */
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

  /** The rows by their time, from the first behind a place in that order. */
  behind(createdAt: number, seq: number): { rows: readonly CachedRow[]; from: number } {
    const isBehind = (row: CachedRow): boolean =>
      row.createdAt > createdAt || (row.createdAt === createdAt && row.seq > seq);
    return { rows: this.timed, from: firstIndex(this.timed, isBehind) };
  }

  /** Removes what is older than a time, and has been here since before it. */
  expire(horizon: number): void {
    const count = firstIndex(this.arrived, (row) => row.arrivedAt >= horizon);
    const stay = (row: CachedRow): boolean => row.createdAt >= horizon;
    this.remove(count, stay);
  }

  /** Removes the oldest rows that take so many bytes together. */
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

  keepFrame(after: number, frame: Frame): void {
    if (this.frames.size >= MAX_FRAMES) this.frames.clear();
    this.frames.set(after, frame);
  }

  /** Of the first so many rows, those that do not stay. */
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

  /** New rows mostly are the newest; of those that are late the part behind them is sorted again. */
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

/** By bisection, in a list of which the condition holds from some place on. */
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
