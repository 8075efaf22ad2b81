import type { AddressedClient } from '../../platform/async/index.js';
import type { FeedCache } from '../cache/feed-cache.js';
import type { FeedLimits } from '../feed-limits.js';
import { InvalidRequestError, keyOf, type PeerMessage, type SubscribeRequest } from '../feed-request.js';
import { AggregateSubscription, type Outbox, RawSubscription } from '../subscriptions.js';
import type { TopicSubscribeRequest } from '../topics.js';

/** The limit on subscriptions of a socket is reached. */
export class TooManySubscriptionsError extends InvalidRequestError {}

type Kind = 'raw' | 'aggregate';

/** The subscriptions of a socket: for each pair at most one to messages and one to an aggregate, and one for each name of a topic. */
export class Subscriber implements AddressedClient {
  private readonly subscriptions = new Map<string, Outbox>();

  constructor(
    readonly address: string,
    private readonly cache: FeedCache,
    private readonly limits: FeedLimits,
    private readonly onReadable: (subscription: Outbox) => void,
    private readonly onCount: (by: number) => void,
  ) {}

  /** @throws TooManySubscriptionsError */
  follow(request: SubscribeRequest): void {
    if ('kind' in request) {
      this.followTopic(request);
      return;
    }
    if (request.interest === 'unsubscribe') {
      this.end(nameOf('aggregate', request.pair));
      if (!request.onlyAggregate) this.end(nameOf('raw', request.pair));
      return;
    }
    const { pair, startTime, aggregate } = request;
    const kind = aggregate === undefined ? 'raw' : 'aggregate';
    const name = nameOf(kind, pair);
    this.checkLimitFor(name);
    const entry = this.cache.entry(pair, this);
    const subscription =
      aggregate === undefined
        ? new RawSubscription(entry, startTime, this.limits, this.onReadable)
        : new AggregateSubscription(
            { entry, startTime, request: aggregate, client: this, limits: this.limits },
            this.onReadable,
          );
    this.replace(name, subscription);
  }

  get size(): number {
    return this.subscriptions.size;
  }

  endAll(): void {
    for (const subscription of this.subscriptions.values()) subscription.end();
    this.onCount(-this.subscriptions.size);
    this.subscriptions.clear();
  }

  private followTopic({ kind, max, name, open }: TopicSubscribeRequest): void {
    const key = `${kind} ${name}`;
    if (open === undefined) {
      this.end(key);
      return;
    }
    this.deleteEnded();
    this.checkLimitFor(key);
    const same = [...this.subscriptions.keys()].filter((other) => other.startsWith(`${kind} `));
    if (!this.subscriptions.has(key)) checkLimit(same.length, max, `subscriptions to a ${kind}`);
    this.replace(key, open(this.onReadable));
  }

  /** Deletes subscriptions that a topic has ended. */
  private deleteEnded(): void {
    for (const [key, { hasEnded }] of this.subscriptions) if (hasEnded === true) this.end(key);
  }

  private checkLimitFor(key: string): void {
    if (this.subscriptions.has(key)) return;
    checkLimit(this.subscriptions.size, this.limits.subscriptionsPerSocket, 'subscriptions');
  }

  /** The new subscription is created before the old one ends, so that a cache entry of both stays in use. */
  private replace(name: string, subscription: Outbox): void {
    this.end(name);
    this.subscriptions.set(name, subscription);
    this.onCount(1);
    subscription.notify();
  }

  private end(key: string): void {
    const subscription = this.subscriptions.get(key);
    if (subscription === undefined) return;
    subscription.end();
    this.subscriptions.delete(key);
    this.onCount(-1);
  }
}

function checkLimit(count: number, max: number, what: string): void {
  if (count >= max)
    throw new TooManySubscriptionsError(`A socket can have at most ${max.toString()} ${what}.`);
}

function nameOf(kind: Kind, pair: PeerMessage): string {
  return `${kind} ${keyOf(pair)}`;
}
