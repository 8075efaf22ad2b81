/** What can be made of the samples of an interval. */
export const AGGREGATE_TYPES = ['mean', 'median', 'min', 'max', 'percentile90', 'p50', 'p95', 'p99'] as const;
export type AggregateType = (typeof AGGREGATE_TYPES)[number];

/** The percentiles by their names, as parts of 1. */
export const PERCENTILES: Partial<Record<AggregateType, number>> = {
  median: 0.5,
  p50: 0.5,
  percentile90: 0.9,
  p95: 0.95,
  p99: 0.99,
};
