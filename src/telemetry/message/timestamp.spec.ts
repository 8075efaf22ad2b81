import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOCK_AHEAD_MS, CLOCK_BEHIND_MS } from '../../storage/index.js';
import { createdAt, parseTimestamp } from './timestamp.js';

/** Of C: to the nearest whole number, and from halves to the even one. */
function rint(value: number): number {
  const below = Math.floor(value);
  const above = value - below;
  if (above !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

describe('parseTimestamp', () => {
  it.each([
    ['2020-08-19T09:38:48.938770771+00:00', '2020-08-19T09:38:48Z', 938_771],
    ['2021-02-09T10:00:00.123456789+01:00', '2021-02-09T09:00:00Z', 123_457],
    ['2020-08-19T09:38:48Z', '2020-08-19T09:38:48Z', 0],
    ['2020-08-19t09:38:48.1z', '2020-08-19T09:38:48Z', 100_000],
    ['2020-08-19T09:38:48.12-05:30', '2020-08-19T15:08:48Z', 120_000],
    ['2020-02-29T23:59:59-00:00', '2020-02-29T23:59:59Z', 0],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00Z', 0],
    ['2020-01-01T00:00:00+15:59', '2019-12-31T08:01:00Z', 0],
    ['0099-03-01T00:00:00.000001Z', '0099-03-01T00:00:00Z', 1],
    ['1969-12-31T23:59:59.000001Z', '1969-12-31T23:59:59Z', 1],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59Z', 999_999],
    ['2020-01-01T00:00:00.1234567890123456789Z', '2020-01-01T00:00:00Z', 123_457],
  ])('reads %s to the microsecond', (ts, second, microseconds) => {
    expect(parseTimestamp(ts)).toBe(Date.parse(second) * 1000 + microseconds);
  });

  it('rounds to microseconds as PostgreSQL does, even into the next day', () => {
    const midnight = Date.parse('2021-01-01T00:00:00Z') * 1000;
    expect(parseTimestamp('2020-12-31T23:59:59.9999996Z')).toBe(midnight);
    expect(parseTimestamp('2020-12-31T23:59:59.9999994Z')).toBe(midnight - 1);
    expect(parseTimestamp('2020-12-31T23:59:59.999999999+00:00')).toBe(midnight);
    expect(parseTimestamp('2021-01-01T00:00:00.0009996Z')).toBe(midnight + 1_000);
  });

  it('rounds a half to the even microsecond, and what is nearly a half by the double that it is', () => {
    const midnight = Date.parse('2021-01-01T00:00:00Z') * 1000;
    const rounded = (digits: string): number =>
      (parseTimestamp(`2021-01-01T00:00:00.${digits}Z`) ?? NaN) - midnight;
    expect(['0000005', '0000015', '0000025', '1234565', '9999995'].map(rounded)).toEqual([
      0, 2, 2, 123_456, 1_000_000,
    ]);
    expect(['00000050', '000000500', '0000005000000'].map(rounded)).toEqual([0, 0, 0]);
    expect(['00000050001', '0000014999999'].map(rounded)).toEqual([1, 1]);
    // The nearest doubles of these are the halves themselves.
    expect(['123456500000000000001', '123455499999999999999999'].map(rounded)).toEqual([123_456, 123_456]);
  });

  it('rounds any fraction as rint(strtod * 1e6) does', () => {
    const digits = fc.stringMatching(/^[0-9]{1,20}$/);
    const nearHalves = fc
      .tuple(
        fc.nat({ max: 999_999 }),
        fc.constantFrom('5', '49', '499', '4999', '50', '500', '501'),
        fc.stringMatching(/^[09]{0,10}$|^0{0,9}[1-9]$/),
      )
      .map(([whole, half, rest]) => whole.toString().padStart(6, '0') + half + rest);
    fc.assert(
      fc.property(fc.oneof(digits, nearHalves), (fraction) => {
        const second = Date.parse('2026-01-02T03:04:05Z') * 1000;
        expect(parseTimestamp(`2026-01-02T03:04:05.${fraction}Z`)).toBe(
          second + rint(Number(`0.${fraction}`) * 1e6),
        );
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    [''],
    ['now'],
    ['infinity'],
    ['2020-08-19'],
    ['2020-08-19 09:38:48Z'],
    ['2020-08-19T09:38Z'],
    ['2020-08-19T09:38:48'],
    ['2020-08-19T09:38:48.Z'],
    ['2020-08-19T09:38:48,5Z'],
    ['2020-08-19T09:38:48+01'],
    ['2020-08-19T09:38:48+0100'],
    ['2020-08-19T09:38:48+16:00'],
    ['2020-08-19T09:38:48+01:60'],
    ['2020-08-19T09:38:48 01:00'],
    ['2020-08-19T09:38:48Z '],
    [' 2020-08-19T09:38:48Z'],
    ['2020-08-19T09:38:48ZZ'],
    ['2020-08-19T09:38:48.5Z+01:00'],
    ['2020-02-30T00:00:00Z'],
    ['2019-02-29T00:00:00Z'],
    ['1900-02-29T00:00:00Z'],
    ['2020-00-10T00:00:00Z'],
    ['2020-13-10T00:00:00Z'],
    ['2020-04-00T00:00:00Z'],
    ['2020-04-31T00:00:00Z'],
    ['0000-01-01T00:00:00Z'],
    ['2020-08-19T24:00:00Z'],
    ['2020-08-19T23:60:00Z'],
    ['2016-12-31T23:59:60Z'],
    ['+020-08-19T09:38:48Z'],
    ['20200-08-19T09:38:48Z'],
    ['２０２０-08-19T09:38:48Z'],
    [`2020-08-19T09:38:48.${'1'.repeat(100)}Z`],
  ])('does not take %s', (ts) => {
    expect(parseTimestamp(ts)).toBeNull();
  });

  it('agrees with Date on every date, in any order', () => {
    const date = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (at) => {
        expect(parseTimestamp(at.toISOString())).toBe(at.getTime() * 1000);
      }),
    );
    const parts = fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.nat({ max: 13 }), fc.nat({ max: 32 }));
    fc.assert(
      fc.property(parts, ([year, month, day]) => {
        const text = [
          year.toString().padStart(4, '0'),
          ...[month, day].map((n) => n.toString().padStart(2, '0')),
        ].join('-');
        const date = new Date(`${text}T00:00:00Z`);
        const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
        expect(parseTimestamp(`${text}T00:00:00Z`)).toBe(exists ? date.getTime() * 1000 : null);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 18, maxLength: 70 }),
        (ts) => void parseTimestamp(ts),
      ),
    );
  });
});

describe('createdAt', () => {
  const receivedAt = Date.parse('2020-08-19T12:00:00.250Z');
  const ours = { microseconds: receivedAt * 1000 };
  const at = (ms: number) => createdAt(new Date(ms).toISOString(), receivedAt);

  it("follows the node's clock, to the microsecond", () => {
    const ts = '2020-08-19T11:59:59.123456789+00:00';
    expect(createdAt(ts, receivedAt)).toEqual({ microseconds: receivedAt * 1000 - 1_126_543, clock: 'ok' });
  });

  it('accepts a time from 7 days back to 1 day ahead', () => {
    expect(at(receivedAt - CLOCK_BEHIND_MS).clock).toBe('ok');
    expect(at(receivedAt + CLOCK_AHEAD_MS).clock).toBe('ok');
    expect(at(receivedAt - CLOCK_BEHIND_MS - 1)).toEqual({ ...ours, clock: 'past' });
    expect(at(receivedAt + CLOCK_AHEAD_MS + 1)).toEqual({ ...ours, clock: 'future' });
    const oldest = new Date(receivedAt - CLOCK_BEHIND_MS).toISOString();
    expect(createdAt(oldest.replace('.250Z', '.249999Z'), receivedAt)).toEqual({ ...ours, clock: 'past' });
  });

  it('is the time of arrival without a valid ts', () => {
    expect(createdAt(null, receivedAt)).toEqual({ ...ours, clock: 'missing' });
    expect(createdAt('yesterday', receivedAt)).toEqual({ ...ours, clock: 'unparsable' });
    expect(createdAt('', receivedAt + 1)).toEqual({
      microseconds: (receivedAt + 1) * 1000,
      clock: 'unparsable',
    });
  });
});
