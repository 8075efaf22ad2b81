import type { CachedRow } from '../cache/row-log.js';
import type { PeerMessage } from '../request/peer-message.js';
import { ChangedGroups } from './changed-groups.js';
import { Group } from './group.js';
import { sampleOf } from './sample.js';

/** What a sample and a group cost, about. */
const SAMPLE_BYTES = 8;
const GROUP_BYTES = 400;

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

  open(): void {
    this.users += 1;
  }

  close(): void {
    this.users -= 1;
    if (this.users === 0) this.options.onUnused();
  }

  /** Counts each row once. */
  add(rows: readonly CachedRow[]): void {
    const touched = new Set<Group>();
    for (const { createdAt, text } of rows) {
      const start = Math.floor(createdAt / this.length) * this.length;
      if (start < this.wholeFrom) continue;
      const sample = sampleOf(text, this.options.key);
      if (sample === undefined) continue;
      const group = this.group(start, sample.target, sample.name);
      group.add(sample);
      this.bytes += SAMPLE_BYTES;
      touched.add(group);
    }
    this.changes.push(touched);
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

  private group(start: number, target: string, name: string): Group {
    let groups = this.intervals.get(start);
    if (groups === undefined) this.intervals.set(start, (groups = new Map<string, Group>()));
    const key = `${target} ${name}`;
    let group = groups.get(key);
    if (group === undefined) {
      groups.set(key, (group = new Group(start, target, name)));
      this.bytes += GROUP_BYTES;
    }
    return group;
  }

  private dropBefore(time: number): void {
    if (time <= this.wholeFrom) return;
    this.wholeFrom = time;
    for (const [start, groups] of this.intervals) {
      if (start >= time) continue;
      for (const group of groups.values()) {
        this.bytes -= GROUP_BYTES + group.size * SAMPLE_BYTES;
        this.changes.forget(group);
      }
      this.intervals.delete(start);
    }
  }
}
