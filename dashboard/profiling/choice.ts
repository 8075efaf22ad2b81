import type { FeedRequest } from '../shared/feed.js';

/** Aggregates by their names in the URL. */
export const AGGREGATES = {
  mean: 'Mean',
  median: 'Median',
  min: 'Minimum',
  max: 'Maximum',
  p90: '90th percentile',
  p95: '95th percentile',
  p99: '99th percentile',
  raw: 'Raw: each call',
} as const;
export type AggregateName = keyof typeof AGGREGATES;

/** Maximum of the feed for `aggregate.seconds`. */
export const MAX_INTERVAL_S = 604_800;
export const MAX_MINUTES = 10_080;

/** The query of the page. */
export interface Choice {
  peerId: string;
  aggregate: AggregateName;
  /** Interval of the aggregate; ignored for `raw`. */
  intervalS: number;
  /** The visible time range. */
  minutes: number;
  /** Filter on name or target; '' for all. */
  filter: string;
}

export function readChoice(query: URLSearchParams): Choice {
  const aggregate = query.get('aggregate') ?? '';
  return {
    peerId: query.get('peer_id') ?? '',
    aggregate: Object.hasOwn(AGGREGATES, aggregate) ? (aggregate as AggregateName) : 'mean',
    intervalS: wholeNumber(query.get('interval'), MAX_INTERVAL_S) ?? 10,
    minutes: wholeNumber(query.get('minutes'), MAX_MINUTES) ?? 15,
    filter: query.get('find') ?? '',
  };
}

/** The feed request of a choice. */
export function feedRequestOf({ peerId, aggregate, intervalS, minutes }: Choice, now: number): FeedRequest {
  const request = {
    peer_id: peerId,
    msg: 'tracing.profiling',
    start_time: new Date(now - minutes * 60_000).toISOString(),
  };
  if (aggregate === 'raw') return request;
  const type = aggregate === 'p90' ? 'percentile90' : aggregate;
  return { ...request, aggregate: { type, seconds: intervalS } };
}

/** An integer from 1 to `max`; otherwise undefined. */
function wholeNumber(text: string | null, max: number): number | undefined {
  const number = Number(text ?? '');
  return Number.isInteger(number) && number >= 1 && number <= max ? number : undefined;
}
