import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { Matches } from 'class-validator';

const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * A time in a query: `2019-01-01T00:00:00` with or without a fraction, and with or without an offset; without
 * one it is UTC. Becomes a text that PostgreSQL reads as timestamptz, to the microsecond.
 */
export function TimestampParameter(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => normalise(value)),
    Matches(/^\d{4}-/, {
      message: 'takes a time such as 2019-01-01T00:00:00, in UTC unless it has an offset',
    }),
  );
}

function normalise(value: unknown): unknown {
  if (typeof value !== 'string') return 'not a time';
  // In a query's text a plus that is not escaped reads as a space.
  const match = TIME.exec(
    value.replace(/ (\d\d:?\d\d)$/, (all, offset: string) => (value.includes('T') ? `+${offset}` : all)),
  );
  if (match === null) return 'not a time';
  const [, date = '', time = '', offset = 'Z'] = match;
  const text = `${date}T${time}${offset.toUpperCase()}`;
  return isDate(date) && !Number.isNaN(Date.parse(text)) ? text : 'not a time';
}

/** Date.parse takes February 30 for March 1; PostgreSQL does not. */
function isDate(date: string): boolean {
  const parsed = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date) && !date.startsWith('0000');
}
