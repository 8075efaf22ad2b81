import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import type { AggregateType } from '../aggregate/aggregate-type.js';
import type { FeedTopics, TopicWish } from '../topic/feed-topics.js';
import { FeedRequest } from './feed-request.js';
import { InvalidRequestError } from './invalid-request.error.js';
import { microseconds } from './microseconds.js';
import type { PeerMessage } from './peer-message.js';

export interface AggregateWish {
  type: AggregateType;
  /** The field that is aggregated. */
  key: string;
  intervalS: number;
}

export type Wish =
  | TopicWish
  /** `onlyAggregate`: what is raw goes on. */
  | { interest: 'unsubscribe'; pair: PeerMessage; onlyAggregate: boolean }
  /** `startTime`: microseconds since the epoch. */
  | { interest: 'subscribe'; pair: PeerMessage; startTime: number; aggregate: AggregateWish | undefined };

/** What a subscription may leave out or leave empty: templates of dashboards send such. */
const MAY_BE_EMPTY = ['start_time', 'aggregate_type', 'aggregate_interval', 'aggregate_key'];

/**
 * Reads what a client sent.
 *
 * @param fields see {@link objectIn}
 * @param longestS the longest interval that can be aggregated: what is not in the cache whole is not sent
 * @param topics read what is meant for them
 * @throws InvalidRequestError
 */
export function readRequest(fields: Record<string, unknown>, longestS: number, topics: FeedTopics): Wish {
  const topic = topics.of(fields);
  refuseNested(fields, topic?.lists ?? []);
  if (topic !== undefined) return topic.read(fields);
  const request = validated(FeedRequest, withoutEmpty(fields));
  const { peer_id, msg, interest } = request;
  const pair = { peer_id, msg };
  const type = request.aggregate_type;
  if (interest === 'unsubscribe') return { interest, pair, onlyAggregate: type !== undefined };
  const startTime = microseconds(request.start_time ?? '');
  if (type === undefined) return { interest, pair, startTime, aggregate: undefined };
  const intervalS = request.aggregate_interval ?? NaN;
  if (intervalS > longestS) {
    throw new InvalidRequestError(
      `aggregate_interval must be an integer from 1 to ${longestS.toString()}, the seconds that the cache holds.`,
    );
  }
  return {
    interest,
    pair,
    startTime,
    aggregate: { type, key: request.aggregate_key ?? 'time', intervalS },
  };
}

/** The object that is in a frame. @throws InvalidRequestError */
export function objectIn(text: string): Record<string, unknown> {
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

/** So that nothing that follows meets a depth of a client's making. */
function refuseNested(fields: Record<string, unknown>, lists: readonly string[]): void {
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

/** A name that a client made up may be of any length. */
function shown(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name;
}
