import { MINUTE_US, SECOND_US } from './observation.js';
import { median } from './quantiles.js';

/** Rises are known for so long; of earlier ones only the last. */
export const RISES_KEPT_US = 15 * MINUTE_US;
/** The usual time between blocks is known from so many. */
const LEAST_RISES = 6;

/** A new highest height, and when it was reached: microseconds since the epoch. */
export interface Rise {
  height: number;
  at: number;
}

/** When a chain reached which height, ascending in both. */
export class Rises {
  private rises: Rise[] = [];

  get last(): Rise | undefined {
    return this.rises.at(-1);
  }

  /** Adds a height that is higher than all before; ignores others. */
  add(rise: Rise): boolean {
    const { last } = this;
    if (last !== undefined && (rise.height <= last.height || rise.at < last.at)) return false;
    this.rises.push(rise);
    return true;
  }

  /** When a height was reached: -Infinity if that was before the known rises, Infinity if it was not. */
  reached(height: number): number {
    if (this.rises[0] !== undefined && height <= this.rises[0].height) return -Infinity;
    return this.rises.find((rise) => rise.height >= height)?.at ?? Infinity;
  }

  /** The highest height before a time; undefined if none is known. */
  heightBefore(at: number): number | undefined {
    return this.rises.findLast((rise) => rise.at < at)?.height;
  }

  /** The rises after a time, up to another one. */
  between(after: number, to: number): Rise[] {
    return this.rises.filter(({ at }) => at > after && at <= to);
  }

  /** The usual time between two heights, from those before a time: microseconds; undefined if too few are known. */
  usualTime(before: number): number | undefined {
    const known = this.rises.filter(({ at }) => at < before);
    if (known.length < LEAST_RISES) return undefined;
    const times = known.slice(1).map(({ height, at }, index) => {
      const earlier = known[index];
      return earlier === undefined ? NaN : (at - earlier.at) / (height - earlier.height);
    });
    return Math.max(SECOND_US, median(times) ?? NaN);
  }

  /** Forgets rises before a time, except the last one. */
  forget(before: number): void {
    const first = this.rises.findIndex(({ at }) => at >= before);
    if (first !== 0) this.rises = first === -1 ? this.rises.slice(-1) : this.rises.slice(first);
  }
}
