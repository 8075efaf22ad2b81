export { Backoff, type BackoffOptions } from './backoff.js';
export { DeadlineExceededError, untilAborted, withDeadline } from './deadline.js';
export {
  type AddressedClient,
  FairQueue,
  FairQueueByAddress,
  FairSemaphore,
  type FairSemaphoreLimits,
  SemaphoreFullError,
} from './fair-queue.js';
export { IntervalJobs } from './interval-jobs.js';
export { OutageLog, type OutageOptions, type OutageTexts } from './outage-log.js';
export type { RowPieces } from './row-pieces.js';
export { stopSignal } from './stop-signal.js';
export { TokenBucket } from './token-bucket.js';
