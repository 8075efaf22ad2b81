import type { ConnectionSpan, Segment } from './segment.js';

/** Which messages come first, and how the time of a connection is cut into pieces for that. */
export interface ReadingOrder {
  sql: 'ASC' | 'DESC';
  /** Compares a message with a cursor: it comes after it. */
  after: '<' | '>';
  /** Where a span or a segment begins when it is read in this order: milliseconds since the epoch. */
  start: (range: { from: number; to: number }) => number;
  /** Comes after every start. */
  end: number;
  earlier: (one: number, other: number) => boolean;
  /** Every message of a range with that start comes after a message of that time. */
  isPassed: (start: number, messageTime: number) => boolean;
  first: (connection: ConnectionSpan, now: number) => Segment | null;
  rest: (segment: Segment) => Segment | null;
}

/** Each piece has a plan of its own, which costs more than the rows of some hours. */
const FIRST_LENGTH_MS = 6 * 3_600_000;
const GROWTH = 4;

export const NEWEST_FIRST: ReadingOrder = {
  sql: 'DESC',
  after: '<',
  start: ({ to }) => to,
  end: -Infinity,
  earlier: (one, other) => one > other,
  isPassed: (start, messageTime) => messageTime >= start,
  /** The newest hours, from now where that comes sooner: the end of a connection may lie a day ahead. */
  first: (connection, now) =>
    newest(connection, connection.to, Math.min(connection.to, now), FIRST_LENGTH_MS),
  /** Each is longer than the one before: a year takes seven. */
  rest: ({ connection, from, nextLength }) => newest(connection, from, from, nextLength),
};

export const OLDEST_FIRST: ReadingOrder = {
  sql: 'ASC',
  after: '>',
  start: ({ from }) => from,
  end: Infinity,
  earlier: (one, other) => one < other,
  isPassed: (start, messageTime) => messageTime < start,
  first: (connection) => oldest(connection, connection.from, FIRST_LENGTH_MS),
  rest: ({ connection, to, nextLength }) => oldest(connection, to, nextLength),
};

function newest(connection: ConnectionSpan, to: number, end: number, length: number): Segment | null {
  if (to <= connection.from) return null;
  return { connection, from: Math.max(connection.from, end - length), to, nextLength: length * GROWTH };
}

function oldest(connection: ConnectionSpan, from: number, length: number): Segment | null {
  if (from >= connection.to) return null;
  return { connection, from, to: Math.min(connection.to, from + length), nextLength: length * GROWTH };
}
