export { AGGREGATE_TYPES } from './aggregate/group.js';
export { FeedFreshness, FeedOutage, RecentIds } from './polling.js';
export { FeedLimits } from './feed-limits.js';
export { FeedModule, type FeedModuleOptions } from './feed.module.js';
export { InvalidRequestError, microseconds, validated } from './feed-request.js';
export { FeedSockets } from './socket/feed-sockets.js';
export type { Outbox } from './subscriptions.js';
export { FeedTopicsModule } from './topics.module.js';
export { type FeedTopic, FeedTopics, type TopicSubscribeRequest } from './topics.js';
