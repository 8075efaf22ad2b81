import { HOUR_MS } from '../schema/index.js';
export type PartitionWidth = 'hour' | 'day' | 'month';

/** A half-open range of time: milliseconds since the epoch. */
export interface TimeRange {
  from: number;
  to: number;
}

/**
 * The period of a partition. The purge drops whole partitions, so that messages stay up to one period longer. There are
 * never many partitions, since a query without a time range locks all of them.
 */
export function widthFor(expiryHours: number): PartitionWidth {
  if (expiryHours <= 3 * 24) return 'hour';
  if (expiryHours <= 100 * 24) return 'day';
  return 'month';
}

/** The hour, day or month, in UTC, that contains a time. */
export function rangeAround(at: number, width: PartitionWidth): TimeRange {
  if (width === 'month') {
    const date = new Date(at);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    return { from: Date.UTC(year, month, 1), to: Date.UTC(year, month + 1, 1) };
  }
  const size = width === 'hour' ? HOUR_MS : 24 * HOUR_MS;
  const from = Math.floor(at / size) * size;
  return { from, to: from + size };
}

const MAX_WIDTH_MS: Readonly<Record<PartitionWidth, number>> = {
  hour: HOUR_MS,
  day: 24 * HOUR_MS,
  month: 31 * 24 * HOUR_MS,
};

/** Partitions that were made for a longer retention. Messages in them stay longer than `LOG_EXPIRY_H`. */
export interface WidePartitions {
  count: number;
  /** The longest time for which a message in them can stay: milliseconds. */
  longestMs: number;
  /** When the last of them expires: milliseconds since the epoch. */
  until: number;
}

/** Undefined if no partition is wider than new ones are, apart from those that have expired. */
export function widePartitions(
  existing: readonly TimeRange[],
  expiryHours: number,
  now: number,
): WidePartitions | undefined {
  const expiryMs = expiryHours * HOUR_MS;
  const maxMs = MAX_WIDTH_MS[widthFor(expiryHours)];
  const wide = existing.filter(
    ({ from, to }) => to - from > maxMs && to + expiryMs > now && Number.isFinite(to - from),
  );
  if (wide.length === 0) return undefined;
  return {
    count: wide.length,
    longestMs: expiryMs + Math.max(...wide.map(({ from, to }) => to - from)),
    until: expiryMs + Math.max(...wide.map(({ to }) => to)),
  };
}

/**
 * Groups times by hour, day or month, and returns the first and the last time of each group, oldest first.
 *
 * @param moments milliseconds since the epoch
 */
export function spansOf(moments: Iterable<number>, width: PartitionWidth): [first: number, last: number][] {
  const spans = new Map<number, [first: number, last: number]>();
  let around: TimeRange = { from: NaN, to: NaN };
  for (const at of moments) {
    if (!(at >= around.from && at < around.to)) around = rangeAround(at, width);
    const span = spans.get(around.from);
    if (span === undefined) spans.set(around.from, [at, at]);
    else if (at < span[0]) span[0] = at;
    else if (at > span[1]) span[1] = at;
  }
  return [...spans.values()].sort(([left], [right]) => left - right);
}

/**
 * The missing ranges between two times, both included, so that every time between them is in a range. Existing ranges of
 * another width stay as they are: new ones are limited to the gaps between them.
 *
 * @param existing sorted by `from`, without overlaps
 */
export function missingRanges(
  existing: readonly TimeRange[],
  first: number,
  last: number,
  width: PartitionWidth,
): TimeRange[] {
  const missing: TimeRange[] = [];
  let at = first;
  while (at <= last) {
    const moment = at;
    const covering = existing.find((range) => range.from <= moment && moment < range.to);
    if (covering !== undefined) {
      at = covering.to;
      continue;
    }
    const around = rangeAround(moment, width);
    const before = existing.filter((range) => range.to <= moment).at(-1);
    const after = existing.find((range) => range.from > moment);
    const range = {
      from: Math.max(around.from, before?.to ?? -Infinity),
      to: Math.min(around.to, after?.from ?? Infinity),
    };
    missing.push(range);
    at = range.to;
  }
  return missing;
}
