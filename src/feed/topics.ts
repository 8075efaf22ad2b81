import { Injectable } from '@nestjs/common';
import type { Outbox } from './subscriptions.js';

export interface TopicSubscribeRequest {
  /** The kind of the subscription, and how many of this kind a socket can have. */
  kind: string;
  max: number;
  /** A second subscription of the same kind and name replaces the first. */
  name: string;
  /** Opens the subscription; undefined to unsubscribe. `onReadable` is called when there may be a frame to send. */
  open: ((onReadable: (outbox: Outbox) => void) => Outbox) | undefined;
}

/** A topic of subscriptions other than messages. */
export interface FeedTopic {
  /** Request fields that are lists. All others are plain values. */
  lists: readonly string[];
  /** Parses a request. @throws InvalidRequestError */
  parse(request: Record<string, unknown>): TopicSubscribeRequest;
}

/** Topics that other modules add to the feed. A request belongs to the topic whose name is one of its fields. */
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
