import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/index.js';
import { FeedFreshness } from './polling.js';
import { FeedTopics } from './topics.js';

/** What can be followed beside messages: rooms add their topics here, and the feed finds them. And whether all of it is up to date. */
@Module({
  imports: [StorageModule],
  providers: [FeedFreshness, FeedTopics],
  exports: [FeedFreshness, FeedTopics],
})
export class FeedTopicsModule {}
