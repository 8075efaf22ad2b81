import { copyText } from '../../platform/json/index.js';
import type { CachedRow, RowLog } from '../cache/row-log.js';
import type { PeerMessage } from '../feed-request.js';
import { ChangedGroups } from './changed-groups.js';
import { Group } from './group.js';
import { sampleOf } from './sample.js';

export interface AggregateOptions {
  pair: PeerMessage;
  /** The field that is aggregated. */
  key: string;
  intervalS: number;
  /** All rows from this time on are in the cache: intervals that begin before it are not whole. */
  wholeFrom: number;
  onUnused: () => void;
}

/** The samples of a field by interval, target and name. Intervals start at multiples of their length since the epoch. */
export class Aggregate {
  readonly changes = new ChangedGroups();
  private readonly intervals = new Map<number, Map<string, Group>>();
  private wholeFrom: number;
  private users = 0;
  /** The seq of the last row that it has taken in. */
  private position = 0;
  private filled = false;
  private failure: unknown;
  bytes = 0;
  /** Of an interval: microseconds. */
  readonly length: number;

  constructor(private readonly options: AggregateOptions) {
    this.length = options.intervalS * 1e6;
    this.wholeFrom = options.wholeFrom;
  }

  get pair(): PeerMessage {
    return this.options.pair;
  }

  get isUsed(): boolean {
    return this.users > 0;
  }

  /** Whether all that was cached is in it. @throws what went wrong when it was taken in */
  get isFilled(): boolean {
    if (this.failure !== undefined) throw this.failure as Error;
    return this.filled;
  }

  /** Whether it is filled, or failed to be. */
  get isDone(): boolean {
    return this.filled || this.failure !== undefined;
  }

  open(): void {
    this.users += 1;
  }

  close(): void {
    this.users -= 1;
    if (this.users === 0) this.options.onUnused();
  }

  /**
   * Goes on to take in what is cached, in the order of arrival. What arrives before it is filled is part of that.
   *
   * @param heldFrom all rows from this time on are in the log, or have been since the aggregate was opened
   * @param forMs ends soon after so many milliseconds
   * @returns whether it is done
   */
  fill(log: RowLog, heldFrom: number, forMs: number): boolean {
    // Some may have gone uncounted.
    if (log.removedSeq > this.position) this.dropBefore(heldFrom);
    const { rows, from } = log.after(this.position);
    const until = performance.now() + forMs;
    const touched = new Set<Group>();
    let at = from;
    try {
      for (let row = rows[at]; row !== undefined; row = rows[at]) {
        this.count(row, touched);
        at += 1;
        this.position = row.seq;
        if (performance.now() >= until) break;
      }
    } catch (error) {
      this.failure = error;
    }
    this.filled = this.failure === undefined && at === rows.length;
    this.changes.push(touched);
    return this.isDone;
  }

  /** Takes in what has arrived, once it is filled. */
  add(rows: readonly CachedRow[]): void {
    if (!this.filled) return;
    const touched = new Set<Group>();
    for (const row of rows) this.count(row, touched);
    this.position = rows.at(-1)?.seq ?? this.position;
    this.changes.push(touched);
  }

  /** Leaves what has arrived to `fill`. @returns whether it was filled before, and so is to be filled again */
  fallBehind(rows: readonly CachedRow[]): boolean {
    const [first] = rows;
    if (!this.filled || first === undefined) return false;
    this.position = first.seq - 1;
    this.filled = false;
    return true;
  }

  /** Lets go of intervals whose end is older than a time. */
  expire(horizon: number): void {
    this.dropBefore(horizon - this.length);
  }

  /** Lets go of the oldest intervals, until so many bytes are free. */
  evict(bytes: number): void {
    const target = this.bytes - bytes;
    const starts = [...this.intervals.keys()].sort((left, right) => left - right);
    for (const start of starts) {
      if (this.bytes <= target) return;
      this.dropBefore(start + this.length);
    }
  }

  private count({ createdAt, text }: CachedRow, touched: Set<Group>): void {
    const start = Math.floor(createdAt / this.length) * this.length;
    if (start < this.wholeFrom) return;
    const sample = sampleOf(text, this.options.key);
    if (sample === undefined) return;
    const group = this.group(start, sample.target, sample.name);
    this.bytes -= group.bytes;
    group.add(sample);
    this.bytes += group.bytes;
    touched.add(group);
  }

  private group(start: number, target: string, name: string): Group {
    let groups = this.intervals.get(start);
    if (groups === undefined) this.intervals.set(start, (groups = new Map<string, Group>()));
    const key = `${target} ${name}`;
    let group = groups.get(key);
    if (group === undefined) {
      groups.set(copyText(key), (group = new Group(start, copyText(target), copyText(name))));
      this.bytes += group.bytes;
    }
    return group;
  }

  private dropBefore(time: number): void {
    if (time <= this.wholeFrom) return;
    this.wholeFrom = time;
    for (const [start, groups] of this.intervals) {
      if (start >= time) continue;
      for (const group of groups.values()) {
        this.bytes -= group.bytes;
        this.changes.forget(group);
      }
      this.intervals.delete(start);
    }
  }
}
