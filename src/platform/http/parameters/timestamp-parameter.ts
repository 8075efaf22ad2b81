import { Transform } from 'class-transformer';
import { Matches } from 'class-validator';
import { documented, type InputOptions } from './documented.js';

/** The date, the time, and the offset, of which PostgreSQL takes less than 16 hours. */
const TIME =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?:Z|([+-](?:0\d|1[0-5])):?([0-5]\d))?$/i;
const NOT_A_TIME = 'not a time';

/** What a time may look like, for the documentation. */
const PATTERN =
  '^\\d{4}-\\d\\d-\\d\\d[Tt ]\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?([Zz]|[+ -](0\\d|1[0-5]):?[0-5]\\d)?$';

/**
 * A time: `2019-01-01T00:00:00` with or without a fraction, and with or without an offset; without one it is
 * UTC. From the year 1 to 9999. Becomes a text that PostgreSQL reads as timestamptz, to the microsecond.
 */
export function TimestampParameter(options: InputOptions): PropertyDecorator {
  return documented(
    options,
    { type: 'string', pattern: PATTERN },
    Transform(({ value }: { value: unknown }) =>
      value === undefined || value === null ? value : normalise(value),
    ),
    Matches(/^\d{4}-/, {
      message:
        'must be a single time such as 2019-01-01T00:00:00, in UTC unless it has an offset of less than 16 hours',
    }),
  );
}

function normalise(value: unknown): unknown {
  if (typeof value !== 'string') return NOT_A_TIME;
  // In a query's text a plus that is not escaped reads as a space.
  const match = TIME.exec(
    value.replace(/ (\d\d:?\d\d)$/, (all, offset: string) => (value.includes('T') ? `+${offset}` : all)),
  );
  if (match === null) return NOT_A_TIME;
  const [, date = '', time = '', hours, minutes = '00'] = match;
  const text = `${date}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`;
  return isDate(date) && !Number.isNaN(Date.parse(text)) ? text : NOT_A_TIME;
}

/** Of the years 1 to 9999. Date.parse takes February 30 for March 1; PostgreSQL does not. */
export function isDate(date: string): boolean {
  const parsed = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date) && !date.startsWith('0000');
}
