import { InvalidParameterError } from '../../../platform/http/index.js';
import { timeOf } from '../../../storage/index.js';
import { DAY_US, HOUR_US, MINUTE_US } from '../../aggregate/index.js';
import type { KnownTime } from '../../known-time.js';
import type { RangeQuery } from '../insight.query.js';

/** The tables of sums by time: the column of their time, and its length. */
export const RESOLUTIONS = {
  minute: { table: 'insight_minutes', column: 'minute', lengthUs: MINUTE_US },
  hour: { table: 'insight_hours', column: 'hour', lengthUs: HOUR_US },
  day: { table: 'insight_days', column: 'day', lengthUs: DAY_US },
} as const;
export type Resolution = keyof typeof RESOLUTIONS;

/** Seven days of minutes, with the one that has begun. */
const MAX_POINTS = 7 * 1_440 + 1;

/** The longest ranges that `auto` answers in minutes and in hours. */
const MINUTES_UP_TO_US = 7 * DAY_US;
const HOURS_UP_TO_US = 120 * DAY_US;

/** A time range: microseconds since the epoch, by the database's clock. */
export interface TimeRange {
  from: number;
  to: number;
}

/** With its offset a time may be before the year 1 or after 9999, which no text of a time has. */
const FIRST_US = Date.parse('0001-01-01T00:00:00Z') * 1000;
const LAST_US = Date.parse('9999-12-31T23:59:59Z') * 1000;

/**
 * The time range of a query, up to now.
 *
 * @param now microseconds since the epoch
 * @throws InvalidParameterError if it ends before it begins
 */
export function rangeOf({ start_time, end_time }: RangeQuery, now: number): TimeRange {
  const end = end_time === undefined ? now : microseconds(end_time);
  const from = start_time === undefined ? Math.max(end - HOUR_US, FIRST_US) : microseconds(start_time);
  if (from >= end) {
    throw new InvalidParameterError('start_time', `must be before end_time, ${timeOf(end)}`);
  }
  // Nothing is known of a time to come, which can be after the year 9999.
  return { from: Math.min(from, now), to: Math.min(end, now) };
}

/** `Date.parse` knows milliseconds only. */
function microseconds(time: string): number {
  const [, further = ''] = /\.\d{3}(\d{1,3})/.exec(time) ?? [];
  const us = Date.parse(time) * 1000 + Number(further.padEnd(3, '0'));
  return Math.min(Math.max(us, FIRST_US), LAST_US);
}

/** The whole buckets that overlap a time range. */
export class Buckets implements Iterable<TimeRange> {
  private constructor(
    readonly resolution: Resolution,
    /** The start of the first bucket, and the end of the last one: microseconds since the epoch. */
    readonly from: number,
    readonly to: number,
  ) {}

  /**
   * @param wanted `auto`: minutes up to 7 days, hours up to 120 days, otherwise days
   * @throws InvalidParameterError if they are too many
   */
  static of({ from, to }: TimeRange, wanted: Resolution | 'auto'): Buckets {
    const resolution = wanted === 'auto' ? resolutionOf(to - from) : wanted;
    const { lengthUs } = RESOLUTIONS[resolution];
    const buckets = new Buckets(
      resolution,
      Math.floor(from / lengthUs) * lengthUs,
      Math.ceil(to / lengthUs) * lengthUs,
    );
    if (buckets.count > MAX_POINTS) {
      throw new InvalidParameterError(
        wanted === 'auto' ? 'start_time' : 'resolution',
        `must give at most ${MAX_POINTS.toString()} points, not ${buckets.count.toString()}`,
      );
    }
    return buckets;
  }

  get lengthUs(): number {
    return RESOLUTIONS[this.resolution].lengthUs;
  }

  get count(): number {
    return (this.to - this.from) / this.lengthUs;
  }

  *[Symbol.iterator](): Generator<TimeRange, void, undefined> {
    for (let from = this.from; from < this.to; from += this.lengthUs) {
      yield { from, to: from + this.lengthUs };
    }
  }
}

function resolutionOf(length: number): Resolution {
  if (length <= MINUTES_UP_TO_US) return 'minute';
  return length <= HOURS_UP_TO_US ? 'hour' : 'day';
}

/** What every point of a series has. */
export interface Point {
  time: string;
  known_share: number;
  expected: number | null;
}

/** The values of a bucket, and where it begins: microseconds since the epoch. */
export type BucketRow<V extends object> = Nullable<V> & { at: number; expected: number | null };

export type Nullable<V extends object> = { readonly [Name in keyof V]: V[Name] | null };

/**
 * A point for every bucket, also for those without a row: their values are null.
 *
 * @param now known time ends there: microseconds since the epoch
 */
export function pointsOf<V extends object>(
  buckets: Buckets,
  names: readonly (keyof V)[],
  { rows, known, now }: { rows: Iterable<BucketRow<V>>; known: KnownTime; now: number },
): (Point & Nullable<V>)[] {
  const byTime = new Map<number, BucketRow<V>>();
  for (const row of rows) byTime.set(row.at, row);
  return Array.from(buckets, ({ from, to }) => {
    const row = byTime.get(from);
    const point: Point & Record<string, unknown> = {
      time: timeOf(from),
      known_share: rounded(known.share(from, Math.min(to, now)), 4),
      expected: row?.expected ?? null,
    };
    // One by one: entries and copies of ten thousand points take longer than all else.
    for (const name of names) point[name as string] = row?.[name] ?? null;
    return point as Point & Nullable<V>;
  });
}

/** The most nodes that a point stands on; null if nothing is known. */
export function expectedOf(points: readonly { expected: number | null }[]): number | null {
  return points.reduce<number | null>(
    (most, { expected }) => (expected === null ? most : Math.max(most ?? 0, expected)),
    null,
  );
}

/** A part of a whole; null if there is none. */
export function shareOf(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : rounded(part / whole, 4);
}

/** A number with fewer digits, for a shorter body. */
export function rounded(value: number, digits: number): number {
  if (Number.isInteger(value)) return value;
  return Number(value.toFixed(digits));
}
