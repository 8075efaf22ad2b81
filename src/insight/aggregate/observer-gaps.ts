import { MINUTE_US } from './observation.js';

/** Nodes need so long to connect again after a gap. */
export const GRACE_US = MINUTE_US;

/** When a server process did not receive data: microseconds since the epoch. */
export interface ObserverGap {
  collector: number;
  from: number;
  /** Infinity while it lasts. */
  to: number;
}

/** When servers did not receive data from nodes. */
export class ObserverGaps {
  /** By their begin. */
  private gaps: readonly ObserverGap[] = [];
  /** When the first message of each server process arrived, of those that were read. */
  private readonly firstAt = new Map<number, number>();

  /** Replaces what was known. */
  are(gaps: readonly ObserverGap[]): void {
    this.gaps = gaps.toSorted((one, other) => one.from - other.from);
  }

  /** A message arrived at a server process. */
  heard(collector: number, at: number): void {
    const first = this.firstAt.get(collector);
    if (first === undefined || at < first) this.firstAt.set(collector, at);
  }

  /**
   * Server processes that had a gap, or were in the minute after one, at any time of a range. A process that was killed is
   * replaced by another one: its nodes have the minute, too.
   */
  collectorsAt(from: number, to: number): ReadonlySet<number> {
    const collectors = new Set<number>();
    for (const gap of this.gaps) {
      if (gap.from >= to || gap.to + GRACE_US <= from) continue;
      collectors.add(gap.collector);
      for (const [collector, first] of this.firstAt)
        if (first >= gap.to && first < gap.to + GRACE_US) collectors.add(collector);
    }
    return collectors;
  }

  /** How much of a time range was in a gap of any server, or in the minute after one: microseconds. */
  within(from: number, to: number): number {
    let [sum, until] = [0, from];
    for (const gap of this.gaps) {
      const end = Math.min(to, gap.to + GRACE_US);
      sum += Math.max(0, end - Math.max(until, gap.from));
      until = Math.max(until, end);
    }
    return sum;
  }
}
