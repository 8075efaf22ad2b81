import {
  chainKeySql,
  NEWEST_MESSAGE,
  type ReadCursor,
  type ReadTransaction,
  typesOf,
} from '../../storage/index.js';
import type { MessageSelection } from './message-selection.js';

/** A connection of a peer, and between which times it may have messages. */
interface ConnectionSpan {
  id: number;
  /** The number of the server process that held it. */
  collector: number;
  audit: boolean;
  ip_addr: string;
  /** Milliseconds since the epoch, inclusive. */
  from: number;
  /** Exclusive. */
  to: number;
}

/** The part of a connection's span that one query reads. */
export interface ReadRange {
  connection: ConnectionSpan;
  from: number;
  to: number;
  /** Maximum length of the next range of the connection: milliseconds. */
  nextLength: number;
}

/** The order of messages by time, and how the span of a connection is cut into ranges for it. */
export interface SortOrder {
  sql: 'ASC' | 'DESC';
  /** The operator with which a message comes after a cursor. */
  after: '<' | '>';
  /** Where reading of a span or a range begins: milliseconds since the epoch. */
  start: (range: { from: number; to: number }) => number;
  /** After every start. */
  afterAll: number;
  comesFirst: (one: number, other: number) => boolean;
  /** Whether all messages of a range with this start come after a message of this time. */
  startsAfter: (start: number, messageTime: number) => boolean;
  first: (connection: ConnectionSpan, now: number) => ReadRange | null;
  next: (range: ReadRange) => ReadRange | null;
}

/** Planning a query costs more than reading the rows of some hours. */
const FIRST_LENGTH_MS = 6 * 3_600_000;
/** Each range is longer than the previous one: a year takes seven. */
const GROWTH = 4;

export const NEWEST_FIRST: SortOrder = {
  sql: 'DESC',
  after: '<',
  start: ({ to }) => to,
  afterAll: -Infinity,
  comesFirst: (one, other) => one > other,
  startsAfter: (start, messageTime) => messageTime >= start,
  // The first length counts from now, since the end of a connection may be up to a day in the future.
  first: (connection, now) =>
    rangeUntil(connection, connection.to, Math.min(connection.to, now), FIRST_LENGTH_MS),
  next: ({ connection, from, nextLength }) => rangeUntil(connection, from, from, nextLength),
};

export const OLDEST_FIRST: SortOrder = {
  sql: 'ASC',
  after: '>',
  start: ({ from }) => from,
  afterAll: Infinity,
  comesFirst: (one, other) => one < other,
  startsAfter: (start, messageTime) => messageTime < start,
  first: (connection) => rangeFrom(connection, connection.from, FIRST_LENGTH_MS),
  next: ({ connection, to, nextLength }) => rangeFrom(connection, to, nextLength),
};

function rangeUntil(connection: ConnectionSpan, to: number, end: number, length: number): ReadRange | null {
  if (to <= connection.from) return null;
  return { connection, from: Math.max(connection.from, end - length), to, nextLength: length * GROWTH };
}

function rangeFrom(connection: ConnectionSpan, from: number, length: number): ReadRange | null {
  if (from >= connection.to) return null;
  return { connection, from, to: Math.min(connection.to, from + length), nextLength: length * GROWTH };
}

/**
 * Sorted by the time in which they may have messages. Times are rounded outwards to milliseconds:
 * `newest_created_at` is rounded down.
 */
const spansSql = (order: 'lower ASC, id ASC' | 'upper DESC, id DESC'): string => `
  SELECT id::float8 AS id, collector, audit, ip_addr, floor(extract(epoch FROM lower) * 1000)::float8 AS "from",
         ceil(extract(epoch FROM upper) * 1000)::float8 + 1 AS "to"
    FROM (SELECT id, collector, audit, ip_addr,
                 greatest(oldest_created_at, $2::timestamptz) AS lower,
                 least(${NEWEST_MESSAGE}, $3::timestamptz) AS upper
            FROM peer_connections
           WHERE peer_id = $1 AND ($4::smallint[] IS NULL OR types IS NULL OR types && $4::smallint[])
             AND ($5::text IS NULL OR ${chainKeySql()} = $5::text)) AS span
   WHERE lower <= upper
   ORDER BY ${order}`;

const SPANS_NEWEST = spansSql('upper DESC, id DESC');
const SPANS_OLDEST = spansSql('lower ASC, id ASC');

/** The connections of a peer that may have selected messages: of that time and of those types. */
export function connectionSpans(
  transaction: ReadTransaction,
  { peerId, chain, filter, types, order, after }: MessageSelection,
): ReadCursor<ConnectionSpan> {
  const isDescending = order.sql === 'DESC';
  const starts = [filter.start_time, isDescending ? undefined : after?.createdAt];
  const ends = [filter.end_time, isDescending ? after?.createdAt : undefined];
  return transaction.open({
    name: isDescending ? 'spans_newest' : 'spans_oldest',
    text: isDescending ? SPANS_NEWEST : SPANS_OLDEST,
    values: [
      peerId,
      extreme(starts, (one, other) => one > other),
      extreme(ends, (one, other) => one < other),
      filter.msg === undefined ? (types ?? null) : typesOf([filter.msg]).numbers,
      chain ?? null,
    ],
  });
}

/** The latest or earliest time, compared by milliseconds: the conditions on the rows themselves are exact. */
function extreme(
  times: readonly (string | undefined)[],
  isBetter: (one: number, other: number) => boolean,
): string | null {
  return times.reduce<string | null>(
    (best, time) =>
      time !== undefined && (best === null || isBetter(Date.parse(time), Date.parse(best))) ? time : best,
    null,
  );
}
