export { FairQueue, type FairQueueLimits, FairQueueFullError } from './fair-queue.js';
export { TokenBucket } from './token-bucket.js';
export { stopSignal } from './stop-signal.js';
