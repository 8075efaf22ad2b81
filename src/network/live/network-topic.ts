import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ArrayMaxSize, IsArray, IsIn, IsOptional } from 'class-validator';
import { ChainParameter } from '../../chains/index.js';
import {
  type FeedTopic,
  FeedTopics,
  InvalidRequestError,
  microseconds,
  type Outbox,
  type TopicSubscribeRequest,
  validated,
} from '../../feed/index.js';
import { EnumParameter, TimestampParameter } from '../../platform/http/index.js';
import { chainKeyIn } from '../../storage/index.js';
import { NODE_FIELDS, type NodeField } from '../network.dto.js';
import { NetworkViews } from '../view/network-views.js';
import { NamedChains } from './named-chains.js';
import { type NetworkSubscribeRequest, NetworkSubscription } from './network-subscription.js';

const takesFields = { message: `must be a list of field names: ${NODE_FIELDS.join(', ')}` };

/** What a client of the feed sends to follow the nodes of a chain. */
export class NetworkRequest {
  @ChainParameter({ description: 'The chain.', required: true })
  network!: string;

  @EnumParameter({
    description: 'Subscribe or unsubscribe.',
    required: true,
    of: ['subscribe', 'unsubscribe'],
  })
  interest!: 'subscribe' | 'unsubscribe';

  @IsOptional()
  @IsArray(takesFields)
  @ArrayMaxSize(2 * NODE_FIELDS.length, takesFields)
  @IsIn(NODE_FIELDS, { each: true, ...takesFields })
  fields?: NodeField[];

  @TimestampParameter({
    description: 'Continues after a snapshot: its `as_of`. The complete state is sent if omitted.',
  })
  since?: string;
}

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

  read(request: Record<string, unknown>): TopicSubscribeRequest {
    const { network, interest, fields, since } = validated(NetworkRequest, request);
    const wish = { kind: 'network', most: MOST_PER_SOCKET, name: network };
    if (interest === 'unsubscribe') return { ...wish, open: undefined };
    const from = since === undefined ? -Infinity : microseconds(since);
    const wanted: NetworkSubscribeRequest = {
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

  private byKey(
    key: string,
    wanted: NetworkSubscribeRequest,
    onNews: (sending: Outbox) => void,
  ): NetworkSubscription {
    const view = this.views.open(key);
    if (view === undefined)
      throw new InvalidRequestError('Too many chains are subscribed to on this server.');
    // Where it fails, the next update tries again.
    if (!view.isFilled) this.views.fill(view).catch(() => undefined);
    const subscription = new NetworkSubscription(wanted, onNews);
    subscription.follow(view);
    return subscription;
  }

  private byName(wanted: NetworkSubscribeRequest, onNews: (sending: Outbox) => void): NetworkSubscription {
    const subscription = new NetworkSubscription(wanted, onNews, (ended) => this.named.remove(ended));
    this.named.add(subscription);
    return subscription;
  }
}
