import { Module } from '@nestjs/common';
import { CacheUpdater } from './cache/cache-updater.js';
import { EntryFiller } from './cache/entry-filler.js';
import { FeedCache } from './cache/feed-cache.js';
import { FeedReadModel } from './cache/feed.read-model.js';
import { FeedLimits } from './feed-limits.js';
import { FeedPathController } from './feed-path.controller.js';
import { FeedGateway } from './feed.gateway.js';
import { FeedMetrics, feedMetricProviders } from './feed.metrics.js';
import { FeedSockets } from './socket/feed-sockets.js';
import { FeedTopics } from './topic/feed-topics.js';

/** Live data for dashboards: `ws /feed`. The database is its source, so that any replica can serve anybody. */
@Module({
  controllers: [FeedPathController],
  providers: [
    ...feedMetricProviders,
    CacheUpdater,
    EntryFiller,
    FeedCache,
    FeedGateway,
    FeedLimits,
    FeedMetrics,
    FeedReadModel,
    FeedSockets,
    FeedTopics,
  ],
  exports: [FeedTopics],
})
export class FeedModule {}
