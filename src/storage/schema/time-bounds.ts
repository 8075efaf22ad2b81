const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/*
 * Durations in milliseconds that several folders must agree on, derived from each other: readers rely on the limits of
 * writers.
 */

/** `created_at` is the timestamp of the node if it is within these bounds of the server's time. */
export const CLOCK_BEHIND_MS = 7 * DAY_MS;
export const CLOCK_AHEAD_MS = DAY_MS;

/** How often the row of an active connection in `peer_connections` is updated. */
export const CONNECTION_WRITTEN_EVERY_MS = 30 * SECOND_MS;

/** A server whose clock differs by more than this from the database's does not purge, and logs an error. */
export const CLOCK_OFF_MS = MINUTE_MS;

/** For clocks of servers that differ, and for late writes. */
const MARGIN_MS = HOUR_MS;

/** A connection of a dead process may have messages this much later than its row says. */
export const LOST_CONNECTION_MS = CLOCK_AHEAD_MS + MARGIN_MS;

/** The bounds of `created_at` of a message that is stored now, perhaps after a day in a journal. */
export const NEW_MESSAGE_BEHIND_MS = CLOCK_BEHIND_MS + DAY_MS;
export const NEW_MESSAGE_AHEAD_MS = CLOCK_AHEAD_MS + MARGIN_MS;

/** Partitions are created this far ahead, so that they suffice for a day without the database. */
export const PARTITIONS_AHEAD_MS = CLOCK_AHEAD_MS + DAY_MS;

/** A transaction of a writer ends within this time, committed or not. */
export const WRITE_LIMIT_MS = 10 * SECOND_MS;

/**
 * Rows become visible in another order than that of `stored_at`. A reader that polls for new rows reads this period
 * again, and skips known ids.
 */
export const READ_AGAIN_MS = WRITE_LIMIT_MS + 5 * SECOND_MS;

/** The minimum retention of the id of a stored batch. It is kept longer while a journal may hold the batch. */
export const BATCH_IDS_KEPT_MS = 7 * DAY_MS;

/** Rejected messages help to debug a node. */
export const REJECTED_KEPT_MS = 7 * DAY_MS;

/** A node that was connected for less than the first time in total is removed from `nodes` after the second. */
export const BRIEF_NODE_MS = HOUR_MS;
export const BRIEF_NODE_KEPT_MS = 30 * DAY_MS;

/** A server process without a heartbeat for this long is dead. */
export const COLLECTOR_DEAD_AFTER_MS = MINUTE_MS;

/** A duration as an SQL literal: `interval '25 hours'`. */
export function sqlInterval(ms: number): string {
  for (const [unit, size] of [
    ['days', DAY_MS],
    ['hours', HOUR_MS],
    ['seconds', SECOND_MS],
  ] as const) {
    if (ms % size === 0) return `interval '${(ms / size).toString()} ${unit}'`;
  }
  return `interval '${ms.toString()} ms'`;
}

/** A time as text, in SQL: RFC 3339 in UTC, with microseconds. */
export const timeText = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** A time as microseconds since the epoch, in SQL: an exact number in JSON. */
export const microsecondsOf = (time: string): string =>
  `(extract(epoch FROM ${time}) * 1000000)::bigint::float8`;

/** Microseconds since the epoch as text: RFC 3339 in UTC, with microseconds. */
export function timeOf(microseconds: number): string {
  const day = Math.floor(microseconds / DAY_US);
  // Lists have many times of few days, and `toISOString` takes ten times as long as the rest.
  if (day !== lastDay)
    [lastDay, lastDayText] = [day, new Date(day * DAY_MS).toISOString().slice(0, -TIME_LENGTH)];
  const sinceMidnight = microseconds - day * DAY_US;
  const seconds = Math.floor(sinceMidnight / 1e6);
  const fraction = 1e6 + sinceMidnight - seconds * 1e6;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${lastDayText}${twoDigits(hours)}:${twoDigits(minutes)}:${twoDigits(seconds % 60)}.${fraction.toString().slice(1)}Z`;
}

const DAY_US = DAY_MS * 1000;
/** Of `00:00:00.000Z`. */
const TIME_LENGTH = 13;
let lastDay = NaN;
let lastDayText = '';

const TWO_DIGITS = Array.from({ length: 60 }, (_, value) => value.toString().padStart(2, '0'));

function twoDigits(value: number): string {
  return TWO_DIGITS[value] ?? '';
}

/** Milliseconds as microseconds. */
export const inMicroseconds = (ms: number): number => ms * 1000;
