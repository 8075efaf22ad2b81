export { FairQueue, type FairQueueLimits, FairQueueFullError } from './fair-queue.js';
