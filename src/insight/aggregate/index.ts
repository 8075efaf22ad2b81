export { Aggregation, type ChainHour, CONTEXT_US, type NodeBenchmark, type Results } from './aggregation.js';
export type { BlockStats } from './chain-blocks.js';
export type { FinalHeight, WaitingBlock } from './chain-finality.js';
export type { Span } from './chain-spans.js';
export type { ChainMinute } from './chain-minutes.js';
export { GRACE_US, type ObserverGap } from './observer-gaps.js';
export { binQuantile } from './bin-quantile.js';
export { COUNT_BOUNDS, countMedian, countQuantile } from './count-bins.js';
export type { NodeHour } from './node-hour-table.js';
export { PEER_BANDS } from './peer-bands.js';
export {
  type BenchmarkReport,
  CLOSED_AFTER_US,
  DAY_US,
  HOUR_US,
  hourOf,
  minuteOf,
  MINUTE_US,
  type Observation,
  type Scores,
  type Source,
  type StateReport,
} from './observation.js';
export { type Rise, RISES_KEPT_US } from './rises.js';
export { BIN_BASE_MS, BIN_COUNT, BIN_RATIO } from './quantiles.js';
