import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/index.js';
import { FeedFreshness } from './polling.js';
import { FeedTopics } from './topics.js';

/** Topics that modules add to the feed, and the freshness of the feed. */
@Module({
  imports: [StorageModule],
  providers: [FeedFreshness, FeedTopics],
  exports: [FeedFreshness, FeedTopics],
})
export class FeedTopicsModule {}
