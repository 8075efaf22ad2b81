import type { FeedRequest } from '../shared/feed.js';

/** What is made of the calls of an interval, by its name in the URL. */
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

/** What the feed takes for `aggregate.seconds`. */
export const MAX_INTERVAL_S = 604_800;
export const MAX_MINUTES = 10_080;

/** What the reader wants to see: the query of the page. */
export interface Choice {
  peerId: string;
  aggregate: AggregateName;
  /** Of an interval; of no meaning where each call is shown. */
  intervalS: number;
  /** How much of the past is shown. */
  minutes: number;
  /** A part of the name or target of calls; '' for all. */
  find: string;
}

export function readChoice(query: URLSearchParams): Choice {
  const aggregate = query.get('aggregate') ?? '';
  return {
    peerId: query.get('peer_id') ?? '',
    aggregate: Object.hasOwn(AGGREGATES, aggregate) ? (aggregate as AggregateName) : 'mean',
    intervalS: wholeNumber(query.get('interval'), MAX_INTERVAL_S) ?? 10,
    minutes: wholeNumber(query.get('minutes'), MAX_MINUTES) ?? 15,
    find: query.get('find') ?? '',
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

/** From 1 to `max`; undefined where the text is no such number. */
function wholeNumber(text: string | null, max: number): number | undefined {
  const number = Number(text ?? '');
  return Number.isInteger(number) && number >= 1 && number <= max ? number : undefined;
}
