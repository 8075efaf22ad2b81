import { Module } from '@nestjs/common';
import { FeedTopics } from './feed-topics.js';

/** What can be followed beside messages: rooms add their topics here, and the feed finds them. */
@Module({ providers: [FeedTopics], exports: [FeedTopics] })
export class FeedTopicsModule {}
