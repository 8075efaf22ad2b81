import { Transform } from 'class-transformer';
import { ValidateBy, type ValidationArguments } from 'class-validator';
import { documented, type InputOptions } from './documented.js';

// Without lookaheads and `\d`, so that the patterns mean the same in every language of a client.
const YEAR = '(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])';
const LEAP_YEAR = '(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)';
const DAY =
  '(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))';
/** The pattern of a date from the year 1 to 9999. */
export const DATE = `(?:${YEAR}-${DAY}|${LEAP_YEAR}-02-29)`;
const HOUR = '(?:[01][0-9]|2[0-3])';
/** 24:00 is the end of the day, 59:60 a leap second. */
const TIME_OF_DAY = `(?:${HOUR}:[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,9})?)?|${HOUR}:59:60(?:\\.[0-9]{1,9})?|24:00(?::00(?:\\.0{1,9})?)?)`;
/** PostgreSQL accepts offsets of less than 16 hours. An unescaped plus in a query string is decoded as a space. */
const OFFSET = '(?:[Zz]|[+ -](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)';

/** The pattern in the documentation: exactly what is accepted, except for the last second of the year 9999. */
export const TIMESTAMP = `^${DATE}(?:[Tt ]${TIME_OF_DAY}${OFFSET}?)?$`;

const PARTS = new RegExp(`^(${DATE})(?:[Tt ](${TIME_OF_DAY})(${OFFSET})?)?$`);

/**
 * A time such as `2019-01-01T00:00:00`, with an optional fraction and offset, UTC by default, from the year 1 to 9999. A
 * date alone is the start of that day in UTC. Becomes a text that PostgreSQL parses as timestamptz, to the microsecond,
 * and `Date.parse` to the millisecond.
 */
export function TimestampParameter(options: InputOptions): PropertyDecorator {
  return documented(
    options,
    { type: 'string', pattern: TIMESTAMP },
    Transform(({ value }: { value: unknown }) => normalise(value) ?? value),
    ValidateBy(
      { name: 'isTimestamp', validator: { validate: (value) => normalise(value) !== undefined } },
      { message: ({ value }: ValidationArguments) => whyInvalid(value) },
    ),
  );
}

function normalise(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const [, date, time = '00:00', offset = 'Z'] = PARTS.exec(value) ?? [];
  if (date === undefined) return undefined;
  return withoutLeapSecond(`${date}T${time}`)?.concat(offsetText(offset));
}

function offsetText(offset: string): string {
  const [, sign = '', hours = '', minutes = '00'] = /^([+ -])(\d\d):?(\d\d)?$/.exec(offset) ?? [];
  return hours === '' ? 'Z' : `${sign === '-' ? '-' : '+'}${hours}:${minutes}`;
}

/** Second 60 is the first one of the next minute, as in PostgreSQL. @returns undefined after the year 9999 */
function withoutLeapSecond(dateTime: string): string | undefined {
  const [, minute, fraction = ''] = /^(.{16}):60(\..*)?$/.exec(dateTime) ?? [];
  if (minute === undefined) return dateTime;
  const next = new Date(Date.parse(`${minute}Z`) + 60_000).toISOString();
  return next.startsWith('+') ? undefined : next.slice(0, 19) + fraction;
}

const SHAPE = /^(\d{4,}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?:[Zz]|([+ -]\d\d(?::?\d\d)?))?)?$/;
const FORM = 'must be a single time such as 2019-01-01T00:00:00';
const IS_DATE = new RegExp(`^${DATE}$`);
const IS_TIME_OF_DAY = new RegExp(`^${TIME_OF_DAY}$`);
/** Of a value in an error. */
const MAX_LENGTH = 40;

function whyInvalid(value: unknown): string {
  const [, date, time, offset] = (typeof value === 'string' ? SHAPE.exec(value) : null) ?? [];
  if (date === undefined) return `${FORM}, in UTC unless it has an offset of less than 16 hours`;
  if (!IS_DATE.test(date)) return `${FORM}: ${cut(date)} is not a date from the year 1 to 9999`;
  if (time !== undefined && !IS_TIME_OF_DAY.test(time)) {
    return /\.\d{10}/.test(time)
      ? `${FORM}: a fraction has at most 9 digits`
      : `${FORM}: ${cut(time)} is not a time of day`;
  }
  if (offset !== undefined) return `${FORM}: ${offset} is not an offset of less than 16 hours`;
  return `${FORM}: it is after the year 9999`;
}

function cut(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}
