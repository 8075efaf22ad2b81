import { ValidateIf } from 'class-validator';
import {
  ChoiceParameter,
  TextParameter,
  TimestampParameter,
  WholeNumberField,
} from '../../platform/http/index.js';
import { AGGREGATE_TYPES, type AggregateType } from '../aggregate/aggregate-type.js';

const MAX_INTERVAL_S = 604_800;

const subscribes = (request: FeedRequest): boolean => request.interest !== 'unsubscribe';
const aggregates = (request: FeedRequest): boolean =>
  request.aggregate_type !== undefined && subscribes(request);

/** What a client of the feed sends: one JSON object a frame. */
export class FeedRequest {
  @ChoiceParameter({
    description: 'Subscribe or unsubscribe.',
    required: true,
    of: ['subscribe', 'unsubscribe'],
  })
  interest!: 'subscribe' | 'unsubscribe';

  @TextParameter({
    description: 'The node that sends the messages.',
    required: true,
    takes: 'the peer id of a node, or * for all',
  })
  peer_id!: string;

  @TextParameter({
    description: 'The type of the messages.',
    required: true,
    takes: 'the type of a message, such as tracing.profiling',
  })
  msg!: string;

  @ValidateIf(subscribes)
  @TimestampParameter({ description: 'Older messages are omitted.', required: true })
  start_time?: string;

  @ChoiceParameter({
    description: 'Aggregate of the messages of an interval. Raw messages if omitted.',
    of: AGGREGATE_TYPES,
  })
  aggregate_type?: AggregateType;

  @ValidateIf(aggregates)
  @WholeNumberField({
    description: 'The length of an interval in seconds.',
    required: true,
    min: 1,
    max: MAX_INTERVAL_S,
  })
  aggregate_interval?: number;

  @TextParameter({
    description: 'The field that is aggregated. Default: `time`.',
    takes: 'the name of a numeric field',
  })
  aggregate_key?: string;
}
