import type { QueryChange } from './url-state.js';

/** A time range that ends now, or a fixed one. `to` undefined: now. RFC 3339. */
export type TimeRange = { last: string } | { from: string; to: string | undefined };

/** Time ranges that end now, by their names in the URL. */
export const LAST: Readonly<Record<string, { label: string; seconds: number }>> = {
  '15m': { label: 'Last 15 minutes', seconds: 900 },
  '1h': { label: 'Last hour', seconds: 3_600 },
  '6h': { label: 'Last 6 hours', seconds: 21_600 },
  '24h': { label: 'Last 24 hours', seconds: 86_400 },
  '3d': { label: 'Last 3 days', seconds: 259_200 },
  '7d': { label: 'Last 7 days', seconds: 604_800 },
  all: { label: 'All time', seconds: Infinity },
};

/** The time range in the query of a page: `last=1h`, or `from=…&to=…`. */
export function readRange(query: URLSearchParams, otherwise = '1h'): TimeRange {
  const from = time(query.get('from'));
  if (from !== undefined) return { from, to: time(query.get('to')) };
  const last = query.get('last') ?? '';
  return { last: Object.hasOwn(LAST, last) ? last : otherwise };
}

/** The change of the query for a range. */
export function writeRange(range: TimeRange): QueryChange {
  return 'last' in range
    ? { last: range.last, from: undefined, to: undefined }
    : { last: undefined, from: range.from, to: range.to };
}

/** Start and end of a range: milliseconds since the epoch. */
export function boundsOf(range: TimeRange, now = Date.now()): { start: number; end: number } {
  if ('last' in range)
    return { start: Math.max(0, now - (LAST[range.last]?.seconds ?? 3_600) * 1000), end: now };
  return { start: Date.parse(range.from), end: range.to === undefined ? now : Date.parse(range.to) };
}

function time(text: string | null): string | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
