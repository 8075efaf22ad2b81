import { copyText } from '../../platform/json/index.js';
import type { CachedRow, RowLog } from '../cache/row-log.js';
import type { PeerMessage } from '../feed-request.js';
import { ChangedGroups } from './changed-groups.js';
import { Group } from './group.js';
import { sampleOf } from './sample.js';

interface AggregateOptions {
  pair: PeerMessage;
  /** The field that is aggregated. */
  key: string;
  intervalS: number;
  /** All rows from this time on are cached: intervals that begin earlier are incomplete. */
  completeFrom: number;
  onUnused: () => void;
}

/** The samples of a field by interval, target and name. Intervals begin at multiples of their length since the epoch. */
export class Aggregate {
  readonly changes = new ChangedGroups();
  private readonly intervals = new Map<number, Map<string, Group>>();
  private completeFrom: number;
  private users = 0;
  /** The seq of the last aggregated row. */
  private position = 0;
  private filled = false;
  private failure: unknown;
  bytes = 0;
  /** Length of an interval: microseconds. */
  readonly length: number;

  constructor(private readonly options: AggregateOptions) {
    this.length = options.intervalS * 1e6;
    this.completeFrom = options.completeFrom;
  }

  get pair(): PeerMessage {
    return this.options.pair;
  }

  get isUsed(): boolean {
    return this.users > 0;
  }

  /** Whether all cached rows are aggregated. @throws the error of aggregating them */
  get isFilled(): boolean {
    if (this.failure !== undefined) throw this.failure as Error;
    return this.filled;
  }

  /** Whether filling has succeeded or failed. */
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
   * Continues to aggregate cached rows in the order of arrival, including rows that arrive meanwhile.
   *
   * @param completeFrom all rows from this time on are, or were since the aggregate was opened, in the log
   * @param forMs returns soon after this time: milliseconds
   * @returns whether it is done
   */
  fill(log: RowLog, completeFrom: number, forMs: number): boolean {
    // Removed rows may not have been aggregated.
    if (log.removedSeq > this.position) this.dropBefore(completeFrom);
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

  /** Aggregates new rows, once it is filled. */
  add(rows: readonly CachedRow[]): void {
    if (!this.filled) return;
    const touched = new Set<Group>();
    for (const row of rows) this.count(row, touched);
    this.position = rows.at(-1)?.seq ?? this.position;
    this.changes.push(touched);
  }

  /** Leaves new rows to `fill`. @returns whether it was filled before, so that it must be filled again */
  defer(rows: readonly CachedRow[]): boolean {
    const [first] = rows;
    if (!this.filled || first === undefined) return false;
    this.position = first.seq - 1;
    this.filled = false;
    return true;
  }

  /** Drops intervals that ended before a time. */
  expire(horizon: number): void {
    this.dropBefore(horizon - this.length);
  }

  /** Drops the oldest intervals until so many bytes are free. */
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
    if (start < this.completeFrom) return;
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
    if (time <= this.completeFrom) return;
    this.completeFrom = time;
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
