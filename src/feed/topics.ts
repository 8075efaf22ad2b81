import { Injectable } from '@nestjs/common';
import type { Outbox } from './subscriptions.js';

export interface TopicSubscribeRequest {
  /** The kind of the subscription, of which a socket may have so many, */
  kind: string;
  most: number;
  /** and its name: a second one of the same kind and name takes the place of the first. */
  name: string;
  /** Begins it; undefined where it is to end. `onNews` is called when there may be something to send. */
  open: ((onNews: (sending: Outbox) => void) => Outbox) | undefined;
}

/** Something besides messages that clients of the feed can subscribe to. */
export interface FeedTopic {
  /** The fields that take a list; all others take a plain value. */
  lists: readonly string[];
  /** Reads what a client sent. @throws InvalidRequestError */
  read(request: Record<string, unknown>): TopicSubscribeRequest;
}

/** What other modules add to the feed. A request belongs to the topic whose name is among its fields. */
@Injectable()
export class FeedTopics {
  private readonly topics = new Map<string, FeedTopic>();

  add(name: string, topic: FeedTopic): void {
    this.topics.set(name, topic);
  }

  of(request: Record<string, unknown>): FeedTopic | undefined {
    for (const [name, topic] of this.topics) if (Object.hasOwn(request, name)) return topic;
    return undefined;
  }
}
