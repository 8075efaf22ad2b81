import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOCK_AHEAD_MS, CLOCK_BEHIND_MS } from '../../storage/index.js';
import { createdAt, parseTimestamp } from './timestamp.js';

describe('parseTimestamp', () => {
  it.each([
    ['2020-08-19T09:38:48.938770771+00:00', '2020-08-19T09:38:48.938Z'],
    ['2021-02-09T10:00:00.123456789+01:00', '2021-02-09T09:00:00.123Z'],
    ['2020-08-19T09:38:48Z', '2020-08-19T09:38:48.000Z'],
    ['2020-08-19t09:38:48.1z', '2020-08-19T09:38:48.100Z'],
    ['2020-08-19T09:38:48.12-05:30', '2020-08-19T15:08:48.120Z'],
    ['2020-02-29T23:59:59-00:00', '2020-02-29T23:59:59.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['2020-01-01T00:00:00+15:59', '2019-12-31T08:01:00.000Z'],
    ['0099-03-01T00:00:00Z', '0099-03-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
    ['2020-01-01T00:00:00.1234567890123456789Z', '2020-01-01T00:00:00.123Z'],
  ])('reads %s and hands it on as it is', (ts, iso) => {
    expect(parseTimestamp(ts)).toEqual({ ms: Date.parse(iso), text: ts });
  });

  it('rounds to microseconds as PostgreSQL does, even into the next day', () => {
    const midnight = Date.parse('2021-01-01T00:00:00Z');
    expect(parseTimestamp('2020-12-31T23:59:59.9999996Z')?.ms).toBe(midnight);
    expect(parseTimestamp('2020-12-31T23:59:59.9999994Z')?.ms).toBe(midnight - 1);
    expect(parseTimestamp('2020-12-31T23:59:59.999999999+00:00')?.ms).toBe(midnight);
    expect(parseTimestamp('2021-01-01T00:00:00.0009996Z')?.ms).toBe(midnight + 1);
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

  it('agrees with Date on every date, in any order of asking', () => {
    const date = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (at) => {
        expect(parseTimestamp(at.toISOString())?.ms).toBe(at.getTime());
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
        expect(parseTimestamp(`${text}T00:00:00Z`)?.ms).toBe(exists ? date.getTime() : undefined);
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
  const ours = { ms: receivedAt, text: '2020-08-19T12:00:00.250Z' };
  const at = (ms: number) => createdAt(new Date(ms).toISOString(), receivedAt);

  it("follows the node's clock, to the microsecond", () => {
    const ts = '2020-08-19T11:59:59.123456789+00:00';
    expect(createdAt(ts, receivedAt)).toEqual({ ms: receivedAt - 1127, text: ts, clock: 'ok' });
  });

  it('takes a clock from 7 days back to 1 day ahead, and ours beyond', () => {
    expect(at(receivedAt - CLOCK_BEHIND_MS).clock).toBe('ok');
    expect(at(receivedAt + CLOCK_AHEAD_MS).clock).toBe('ok');
    expect(at(receivedAt - CLOCK_BEHIND_MS - 1)).toEqual({ ...ours, clock: 'past' });
    expect(at(receivedAt + CLOCK_AHEAD_MS + 1)).toEqual({ ...ours, clock: 'future' });
  });

  it('is our time where there is no ts, or none that can be read', () => {
    expect(createdAt(null, receivedAt)).toEqual({ ...ours, clock: 'missing' });
    expect(createdAt('yesterday', receivedAt)).toEqual({ ...ours, clock: 'unparsable' });
    expect(createdAt('', receivedAt + 1)).toEqual({
      ms: receivedAt + 1,
      text: '2020-08-19T12:00:00.251Z',
      clock: 'unparsable',
    });
  });
});
