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

const validFields = { message: `must be a list of field names: ${NODE_FIELDS.join(', ')}` };

/** A request of a client of the feed to subscribe to the nodes of a chain. */
class NetworkRequest {
  @ChainParameter({ description: 'The chain.', required: true })
  network!: string;

  @EnumParameter({
    description: 'Subscribe or unsubscribe.',
    required: true,
    of: ['subscribe', 'unsubscribe'],
  })
  interest!: 'subscribe' | 'unsubscribe';

  @IsOptional()
  @IsArray(validFields)
  @ArrayMaxSize(2 * NODE_FIELDS.length, validFields)
  @IsIn(NODE_FIELDS, { each: true, ...validFields })
  fields?: NodeField[];

  @TimestampParameter({
    description: 'Continues after a snapshot: its `as_of`. The complete state is sent if omitted.',
  })
  since?: string;
}

/** Changes that were committed while a snapshot was read may have an earlier stamp: microseconds. */
const OVERLAP_US = 1_000_000;

/** Subscriptions of a socket: each new chain costs a read of all its nodes. */
const MAX_PER_SOCKET = 16;

/** The topic `{"network": "…"}` of the feed: the nodes of a chain. */
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

  parse(request: Record<string, unknown>): TopicSubscribeRequest {
    const { network, interest, fields, since } = validated(NetworkRequest, request);
    const topic = { kind: 'network', max: MAX_PER_SOCKET, name: network };
    if (interest === 'unsubscribe') return { ...topic, open: undefined };
    const from = since === undefined ? -Infinity : microseconds(since);
    const wanted: NetworkSubscribeRequest = {
      network,
      fields: NODE_FIELDS.filter((field) => fields?.includes(field) ?? true),
      continues: since !== undefined,
      startIn: (view) => view.startFor(from, OVERLAP_US),
    };
    const key = chainKeyIn(network);
    return {
      ...topic,
      open: (onReadable) =>
        key === undefined ? this.openByName(wanted, onReadable) : this.openByKey(key, wanted, onReadable),
    };
  }

  private openByKey(
    key: string,
    wanted: NetworkSubscribeRequest,
    onReadable: (outbox: Outbox) => void,
  ): NetworkSubscription {
    const view = this.views.open(key);
    if (view === undefined)
      throw new InvalidRequestError('Too many chains are subscribed to on this server.');
    // The next update retries it.
    if (!view.isFilled) this.views.fill(view).catch(() => undefined);
    const subscription = new NetworkSubscription(wanted, onReadable);
    subscription.attach(view);
    return subscription;
  }

  private openByName(
    wanted: NetworkSubscribeRequest,
    onReadable: (outbox: Outbox) => void,
  ): NetworkSubscription {
    const subscription = new NetworkSubscription(wanted, onReadable, (ended) => this.named.remove(ended));
    this.named.add(subscription);
    return subscription;
  }
}
