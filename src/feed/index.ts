export { AGGREGATE_TYPES } from './aggregate/aggregate-type.js';
export { READ_AGAIN_US } from './cache/cache-entry.js';
export {
  FeedDatabase,
  FeedTimeoutError,
  type FeedTransaction,
  microsecondsOf,
} from './cache/feed-database.js';
export { FeedOutage } from './cache/feed-outage.js';
export { AHEAD_US, BACK_US } from './cache/feed.read-model.js';
export { KnownIds } from './cache/known-ids.js';
export { poll } from './cache/poll.js';
export { FeedLimits } from './feed-limits.js';
export { FeedModule } from './feed.module.js';
export { InvalidRequestError } from './request/invalid-request.error.js';
export { microseconds, timeOf } from './request/microseconds.js';
export { validated } from './request/read-request.js';
export type { Sending } from './subscription/subscription.js';
export { type FeedTopic, FeedTopics, type TopicWish } from './topic/feed-topics.js';
