import { CLOCK_AHEAD_MS, CLOCK_BEHIND_MS, DAY_MS } from '../../storage/index.js';

/**
 * The clock of `created_at`. `ok`: the node's. Otherwise the server's, because `ts` was missing, not RFC 3339, or too far
 * in the past or future.
 */
export type ClockVerdict = 'ok' | 'missing' | 'unparsable' | 'past' | 'future';

interface CreatedAt {
  /** Microseconds since the epoch, as PostgreSQL would convert the node's `ts`. */
  microseconds: number;
  clock: ClockVerdict;
}

/** Longer texts are not parsed. PostgreSQL accepts a few more digits. */
const MAX_LENGTH = 64;
/** `2020-08-19T09:38:48Z` */
const MIN_LENGTH = 20;
/** PostgreSQL accepts no offset of 16 hours or more. */
const MAX_OFFSET_MINUTES = 15 * 60 + 59;

/**
 * The `created_at` of a message: the time of the node if it is plausible, otherwise the time of arrival.
 *
 * @param receivedAtMs milliseconds since the epoch
 */
export function createdAt(ts: string | null, receivedAtMs: number): CreatedAt {
  const arrival = receivedAtMs * 1000;
  const parsed = parseTimestamp(ts);
  if (parsed === null) return { microseconds: arrival, clock: ts === null ? 'missing' : 'unparsable' };
  const aheadMs = (parsed - arrival) / 1000;
  if (aheadMs >= -CLOCK_BEHIND_MS && aheadMs <= CLOCK_AHEAD_MS) return { microseconds: parsed, clock: 'ok' };
  return { microseconds: arrival, clock: aheadMs < 0 ? 'past' : 'future' };
}

/**
 * Parses RFC 3339 with any fraction of a second; `null` for other text, for dates and times that do not exist (including
 * leap seconds), and for offsets that PostgreSQL does not accept.
 *
 * @returns microseconds since the epoch, rounded as PostgreSQL rounds
 */
export function parseTimestamp(ts: string | null): number | null {
  if (ts === null || ts.length < MIN_LENGTH || ts.length > MAX_LENGTH) return null;
  if (ts.charCodeAt(4) !== MINUS || ts.charCodeAt(7) !== MINUS) return null;
  if ((ts.charCodeAt(10) | LOWER) !== LETTER_T) return null;
  if (ts.charCodeAt(13) !== COLON || ts.charCodeAt(16) !== COLON) return null;

  const day = startOfDay(100 * twoDigits(ts, 0) + twoDigits(ts, 2), twoDigits(ts, 5), twoDigits(ts, 8));
  const hour = twoDigits(ts, 11);
  const minute = twoDigits(ts, 14);
  const second = twoDigits(ts, 17);
  // NaN compares false.
  if (!(hour < 24 && minute < 60 && second < 60)) return null;

  let at = 19;
  if (ts.charCodeAt(at) === POINT) {
    while (isDigit(ts.charCodeAt(++at)));
    if (at === 20) return null;
  }
  const offset = offsetMinutes(ts, at);
  const seconds = day / 1000 + (hour * 60 + minute - offset) * 60 + second;
  const microseconds = seconds * 1e6 + fraction(ts, 20, at);
  return Number.isNaN(microseconds) ? null : microseconds;
}

const LOWER = 0x20;
const LETTER_T = 0x74;
const LETTER_Z = 0x7a;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;

function isDigit(unit: number): boolean {
  return unit >= ZERO && unit <= ZERO + 9;
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : NaN;
}

let cachedDay = NaN;
let cachedDayMs = NaN;

/** Midnight UTC of a day of the years 1 to 9999; NaN if there is no such day. */
function startOfDay(year: number, month: number, day: number): number {
  const key = (year * 100 + month) * 100 + day;
  if (key !== cachedDay) {
    if (!(year >= 1 && month >= 1 && day >= 1)) return NaN;
    // Years below 100 mean 19xx to Date.UTC; 400 years later the calendar is the same.
    const date = new Date(Date.UTC(year + 400, month - 1, day));
    if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return NaN;
    cachedDay = key;
    cachedDayMs = date.getTime() - 146_097 * DAY_MS;
  }
  return cachedDayMs;
}

/** NaN if the text does not end with an offset. */
function offsetMinutes(ts: string, at: number): number {
  const sign = ts.charCodeAt(at);
  if ((sign | LOWER) === LETTER_Z) return ts.length === at + 1 ? 0 : NaN;
  if ((sign !== PLUS && sign !== MINUS) || ts.length !== at + 6 || ts.charCodeAt(at + 3) !== COLON) {
    return NaN;
  }
  const minutes = twoDigits(ts, at + 4);
  const total = twoDigits(ts, at + 1) * 60 + minutes;
  if (!(minutes < 60 && total <= MAX_OFFSET_MINUTES)) return NaN;
  return sign === PLUS ? total : -total;
}

/** Digits of the fraction that are read: nanoseconds. */
const DIGITS = 9;

/** Microseconds of the fraction between two positions, up to a whole second. */
function fraction(ts: string, start: number, end: number): number {
  if (end <= start) return 0;
  let nanoseconds = 0;
  for (let at = start; at < start + DIGITS; at++) {
    nanoseconds = 10 * nanoseconds + (at < end ? ts.charCodeAt(at) - ZERO : 0);
  }
  const rest = nanoseconds % 1000;
  // PostgreSQL parses a double and rounds half to even: near a half only the same arithmetic has the same result.
  if (rest >= 499 && rest <= 500) return roundHalfEven(Number(`0.${ts.slice(start, end)}`) * 1e6);
  return (nanoseconds - rest) / 1000 + (rest > 500 ? 1 : 0);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
