import { plainToInstance } from 'class-transformer';
import { ValidateIf, validateSync, type ValidationError } from 'class-validator';
import { EnumParameter, IntegerField, StringParameter, TimestampParameter } from '../platform/http/index.js';
import { AGGREGATE_TYPES, type AggregateType } from './aggregate/group.js';
import type { FeedTopics, TopicSubscribeRequest } from './topics.js';

/** All peers. */
export const ALL_PEERS = '*';

/** The messages of one type, of one peer or all peers. */
export interface PeerMessage {
  peer_id: string;
  msg: string;
}

/** The key of a pair. */
export function keyOf({ peer_id, msg }: PeerMessage): string {
  return JSON.stringify([peer_id, msg]);
}

/** A request of a client is invalid. The message is sent to the client. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError';
}

const FRACTION = /\.(\d+)/;

/** Microseconds since the epoch of a time with an offset and up to nine fractional digits. */
export function microseconds(time: string): number {
  const fraction = FRACTION.exec(time)?.[1] ?? '';
  const whole = Date.parse(time.replace(FRACTION, ''));
  return whole * 1000 + Math.round(Number(`0.${fraction || '0'}`) * 1e6);
}

const MAX_INTERVAL_S = 604_800;

const subscribes = (request: FeedRequest): boolean => request.interest !== 'unsubscribe';
const aggregates = (request: FeedRequest): boolean =>
  request.aggregate_type !== undefined && subscribes(request);

/** A frame of a client: one JSON object. */
class FeedRequest {
  @EnumParameter({
    description: 'Subscribe or unsubscribe.',
    required: true,
    of: ['subscribe', 'unsubscribe'],
  })
  interest!: 'subscribe' | 'unsubscribe';

  @StringParameter({
    description: 'The node that sends the messages.',
    required: true,
    content: 'the peer id of a node, or * for all',
  })
  peer_id!: string;

  @StringParameter({
    description: 'The type of the messages.',
    required: true,
    content: 'the type of a message, such as tracing.profiling',
  })
  msg!: string;

  @ValidateIf(subscribes)
  @TimestampParameter({ description: 'Older messages are omitted.', required: true })
  start_time?: string;

  @EnumParameter({
    description: 'Aggregate of the messages of an interval. Raw messages if omitted.',
    of: AGGREGATE_TYPES,
  })
  aggregate_type?: AggregateType;

  @ValidateIf(aggregates)
  @IntegerField({
    description: 'The length of an interval in seconds.',
    required: true,
    min: 1,
    max: MAX_INTERVAL_S,
  })
  aggregate_interval?: number;

  @StringParameter({
    description: 'The field that is aggregated. Default: `time`.',
    content: 'the name of a numeric field',
  })
  aggregate_key?: string;
}

export interface AggregateRequest {
  type: AggregateType;
  /** The field that is aggregated. */
  key: string;
  intervalS: number;
}

export type SubscribeRequest =
  | TopicSubscribeRequest
  /** `onlyAggregate`: a subscription to raw messages continues. */
  | { interest: 'unsubscribe'; pair: PeerMessage; onlyAggregate: boolean }
  /** `startTime`: microseconds since the epoch. */
  | { interest: 'subscribe'; pair: PeerMessage; startTime: number; aggregate: AggregateRequest | undefined };

/** Fields that can be omitted or empty, as templates of dashboards send them. */
const MAY_BE_EMPTY = ['start_time', 'aggregate_type', 'aggregate_interval', 'aggregate_key'];

/**
 * Parses a request.
 *
 * @param fields see {@link parseFrame}
 * @param maxIntervalS the longest interval of an aggregate, which must be cached completely
 * @param topics parse the requests for them
 * @throws InvalidRequestError
 */
export function parseRequest(
  fields: Record<string, unknown>,
  maxIntervalS: number,
  topics: FeedTopics,
): SubscribeRequest {
  const topic = topics.of(fields);
  rejectNested(fields, topic?.lists ?? []);
  if (topic !== undefined) return topic.parse(fields);
  const request = validated(FeedRequest, withoutEmpty(fields));
  const { peer_id, msg, interest } = request;
  const pair = { peer_id, msg };
  const type = request.aggregate_type;
  if (interest === 'unsubscribe') return { interest, pair, onlyAggregate: type !== undefined };
  const startTime = microseconds(request.start_time ?? '');
  if (type === undefined) return { interest, pair, startTime, aggregate: undefined };
  const intervalS = request.aggregate_interval ?? NaN;
  if (intervalS > maxIntervalS) {
    throw new InvalidRequestError(
      `aggregate_interval must be an integer from 1 to ${maxIntervalS.toString()}, the seconds that the cache holds.`,
    );
  }
  return {
    interest,
    pair,
    startTime,
    aggregate: { type, key: request.aggregate_key ?? 'time', intervalS },
  };
}

/** The JSON object in a frame. @throws InvalidRequestError */
export function parseFrame(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidRequestError('A frame must be one JSON object.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidRequestError('A frame must be one JSON object.');
  }
  return value as Record<string, unknown>;
}

/** Rejects nested values, so that validation does not recurse. */
function rejectNested(fields: Record<string, unknown>, lists: readonly string[]): void {
  for (const [name, field] of Object.entries(fields)) {
    const isList = lists.includes(name) && Array.isArray(field);
    if (
      (isList ? (field as unknown[]) : [field]).some((value) => typeof value === 'object' && value !== null)
    ) {
      throw new InvalidRequestError(
        `${shown(name)} must be ${isList ? 'a list of plain values' : 'a plain value'}.`,
      );
    }
  }
}

function withoutEmpty(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([name, field]) => !(MAY_BE_EMPTY.includes(name) && (field === '' || field === null)),
    ),
  );
}

/** @throws InvalidRequestError */
export function validated<Request extends object>(
  type: new () => Request,
  fields: Record<string, unknown>,
): Request {
  const request = plainToInstance(type, fields);
  const [first] = validateSync(request, { whitelist: true, forbidNonWhitelisted: true });
  if (first !== undefined) throw new InvalidRequestError(describe(first));
  return request;
}

function describe({ property, constraints = {} }: ValidationError): string {
  const why =
    'whitelistValidation' in constraints ? 'is unknown' : (Object.values(constraints)[0] ?? 'is invalid');
  return `${shown(property)} ${why}.`;
}

/** A client can send a name of any length. */
function shown(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name;
}
