import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  type FeedTopic,
  FeedTopics,
  InvalidRequestError,
  microseconds,
  type Sending,
  type TopicWish,
  validated,
} from '../../feed/index.js';
import { chainKeyIn } from '../../storage/index.js';
import { NODE_FIELDS } from '../node-fields.js';
import { NetworkViews } from '../view/network-views.js';
import { NetworkRequest } from './network-request.js';
import { NamedChains } from './named-chains.js';
import { NetworkSubscription, type NetworkWish } from './network-subscription.js';

/** What was committed while a snapshot was taken may have an earlier stamp: microseconds. */
const OVERLAP_US = 1_000_000;

/** Chains that a socket may follow: each that is new costs a reading of all its nodes. */
const MOST_PER_SOCKET = 16;

/** `{"network": "…"}`: the nodes of a chain, for clients of the feed. */
@Injectable()
export class NetworkTopic implements FeedTopic, OnModuleInit {
  readonly lists = ['fields'];

  constructor(
    private readonly topics: FeedTopics,
    private readonly views: NetworkViews,
    private readonly named: NamedChains,
  ) {}

  onModuleInit(): void {
    this.topics.add('network', this);
    this.views.onTick = () => this.named.lookUp();
  }

  read(request: Record<string, unknown>): TopicWish {
    const { network, interest, fields, since } = validated(NetworkRequest, request);
    const wish = { kind: 'network', most: MOST_PER_SOCKET, name: network };
    if (interest === 'unsubscribe') return { ...wish, open: undefined };
    const from = since === undefined ? -Infinity : microseconds(since);
    const wanted: NetworkWish = {
      network,
      fields: NODE_FIELDS.filter((field) => fields?.includes(field) ?? true),
      continues: since !== undefined,
      startIn: (view) => view.startFor(from, OVERLAP_US),
    };
    const key = chainKeyIn(network);
    return {
      ...wish,
      open: (onNews) => (key === undefined ? this.byName(wanted, onNews) : this.byKey(key, wanted, onNews)),
    };
  }

  private byKey(key: string, wanted: NetworkWish, onNews: (sending: Sending) => void): NetworkSubscription {
    const view = this.views.open(key);
    if (view === undefined)
      throw new InvalidRequestError('Too many chains are subscribed to on this server.');
    // Where it fails, the next update tries again.
    if (!view.isFilled) this.views.fill(view).catch(() => undefined);
    const subscription = new NetworkSubscription(wanted, onNews);
    subscription.follow(view);
    return subscription;
  }

  private byName(wanted: NetworkWish, onNews: (sending: Sending) => void): NetworkSubscription {
    const subscription = new NetworkSubscription(wanted, onNews, (ended) => this.named.remove(ended));
    this.named.add(subscription);
    return subscription;
  }
}
