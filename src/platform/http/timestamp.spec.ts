import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { DATE, TIMESTAMP, TimestampParameter } from './timestamp.js';

class Query {
  @TimestampParameter({ description: 'A time.' })
  time?: unknown;
}

function read(time: unknown): { text: unknown; error: string | undefined } {
  const query = plainToInstance(Query, { time });
  const [error] = validateSync(query);
  return { text: query.time, error: Object.values(error?.constraints ?? {})[0] };
}

describe('a time', () => {
  it.each([
    ['2019-01-02T03:04:05', '2019-01-02T03:04:05Z'],
    ['2019-01-02 03:04', '2019-01-02T03:04Z'],
    ['2019-01-02t03:04:05.123456789z', '2019-01-02T03:04:05.123456789Z'],
    ['2019-01-02T03:04:05+01:30', '2019-01-02T03:04:05+01:30'],
    ['2019-01-02T03:04:05-0130', '2019-01-02T03:04:05-01:30'],
    ['2019-01-02T03:04:05+01', '2019-01-02T03:04:05+01:00'],
    // An unescaped plus in a query.
    ['2019-01-02T03:04:05 01', '2019-01-02T03:04:05+01:00'],
    ['2019-01-02 03:04:05 01:00', '2019-01-02T03:04:05+01:00'],
    ['2019-01-02', '2019-01-02T00:00Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z'],
    ['2016-12-31T15:59:60.25-08', '2016-12-31T16:00:00.25-08:00'],
    ['2020-02-29T24:00', '2020-02-29T24:00Z'],
  ])('%s becomes %s', (time, text) => {
    expect(read(time)).toEqual({ text, error: undefined });
    expect(new RegExp(TIMESTAMP).test(time)).toBe(true);
    expect(Date.parse(text)).not.toBeNaN();
  });

  it.each([
    ['yesterday', /, in UTC unless it has an offset/],
    [1_577_836_800, /, in UTC unless it has an offset/],
    ['', /, in UTC unless it has an offset/],
    ['2019-02-29', /: 2019-02-29 is not a date from the year 1 to 9999$/],
    ['0000-01-01T00:00', /: 0000-01-01 is not a date from the year 1 to 9999$/],
    ['12019-01-01T00:00', /: 12019-01-01 is not a date from the year 1 to 9999$/],
    [`${'9'.repeat(500)}-01-01`, /: 9{40}… is not a date/],
    ['2019-01-01T25:00', /: 25:00 is not a time of day$/],
    ['2019-01-01T00:00:60', /: 00:00:60 is not a time of day$/],
    ['2019-01-01T00:00:00.1234567890', /: a fraction has at most 9 digits$/],
    ['2019-01-01T00:00:00+16:00', /: \+16:00 is not an offset of less than 16 hours$/],
    ['9999-12-31T23:59:60Z', /: it is after the year 9999$/],
  ])('%s is refused with the reason', (time, reason) => {
    expect(read(time).error).toMatch(/^must be a single time such as 2019-01-01T00:00:00/);
    expect(read(time).error).toMatch(reason);
  });

  it('has a pattern of exactly the dates that exist', () => {
    const pattern = new RegExp(`^${DATE}$`);
    const two = (number: number): string => number.toString().padStart(2, '0');
    for (const year of [0, 1, 4, 99, 100, 400, 1900, 1999, 2000, 2019, 2020, 2100, 2400, 9999]) {
      for (let month = 0; month <= 13; month += 1) {
        for (let day = 0; day <= 32; day += 1) {
          const date = `${year.toString().padStart(4, '0')}-${two(month)}-${two(day)}`;
          const at = new Date(`${date}T00:00:00Z`);
          const exists = !Number.isNaN(at.getTime()) && at.toISOString().startsWith(date) && year > 0;
          expect([date, pattern.test(date)]).toEqual([date, exists]);
        }
      }
    }
  });
});
