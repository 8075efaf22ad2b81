import { describe, expect, it } from 'vitest';
import { InvalidParameterError } from '../../../platform/http/index.js';
import { KnownTime } from '../../known-time.js';
import { Buckets, expectedOf, pointsOf, rangeOf } from './series.js';

const MINUTE_US = 60_000_000;
const DAY_US = 1_440 * MINUTE_US;
const NOW = Date.parse('2026-11-25T12:00:30Z') * 1000;
/** Why a parameter is invalid. */
function detailOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof InvalidParameterError) return (error.getResponse() as { detail: string }).detail;
    throw error;
  }
  return 'valid';
}

const at = (time: string): number => Date.parse(time) * 1000;

describe('rangeOf', () => {
  it('is the last hour, or the hour before the end, and ends now', () => {
    expect(rangeOf({}, NOW)).toEqual({ from: NOW - 60 * MINUTE_US, to: NOW });
    expect(rangeOf({ end_time: '2026-11-25T10:00:00Z' }, NOW)).toEqual({
      from: at('2026-11-25T09:00:00Z'),
      to: at('2026-11-25T10:00:00Z'),
    });
    expect(rangeOf({ start_time: '2026-11-25T10:00:00Z', end_time: '2027-01-01T00:00:00Z' }, NOW)).toEqual({
      from: at('2026-11-25T10:00:00Z'),
      to: NOW,
    });
    expect(rangeOf({ start_time: '2026-11-25T10:00:00.1234+00:00' }, NOW).from).toBe(
      at('2026-11-25T10:00:00Z') + 123_400,
    );
    expect(rangeOf({ end_time: '9999-12-31T23:59:59-15:59' }, NOW)).toEqual({ from: NOW, to: NOW });
  });

  it('rejects a range that does not begin before its end', () => {
    const time = '2026-11-25T10:00:00Z';
    expect(detailOf(() => rangeOf({ start_time: time, end_time: time }, NOW))).toContain(
      'start_time must be before',
    );
    expect(detailOf(() => rangeOf({ start_time: '2026-11-25T13:00:00Z' }, NOW))).toContain(
      'start_time must be before',
    );
  });
});

describe('Buckets', () => {
  it('are minutes up to 7 days, hours up to 120 days, otherwise days', () => {
    const of = (days: number): string =>
      Buckets.of({ from: NOW - days * DAY_US, to: NOW }, 'auto').resolution;
    expect([7, 7.01, 120, 121].map(of)).toEqual(['minute', 'hour', 'hour', 'day']);
  });

  it('cover the range', () => {
    const buckets = Buckets.of({ from: at('2026-11-25T09:59:59Z'), to: at('2026-11-25T11:00:00Z') }, 'hour');
    expect([...buckets].map(({ from }) => from)).toEqual([
      at('2026-11-25T09:00:00Z'),
      at('2026-11-25T10:00:00Z'),
    ]);
    expect([...Buckets.of({ from: NOW, to: NOW }, 'day')]).toHaveLength(1);
  });

  it('are not more than 7 days of minutes', () => {
    expect(Buckets.of({ from: NOW - 7 * DAY_US, to: NOW }, 'minute').count).toBe(10_081);
    expect(detailOf(() => Buckets.of({ from: NOW - 8 * DAY_US, to: NOW }, 'minute'))).toContain(
      'at most 10081 points',
    );
    expect(detailOf(() => Buckets.of({ from: at('0001-01-01T00:00:00Z'), to: NOW }, 'auto'))).toContain(
      'start_time must',
    );
  });
});

describe('pointsOf', () => {
  it('gives each bucket a point, with null for what is not known', () => {
    const from = at('2026-11-25T11:58:00Z');
    const known = KnownTime.outside([[from + MINUTE_US, from + 1.5 * MINUTE_US]]);
    const points = pointsOf<{ lag: number }>(Buckets.of({ from, to: NOW }, 'minute'), ['lag'], {
      rows: [
        { at: from + 2 * MINUTE_US, expected: 9, lag: null },
        { at: from, expected: 11, lag: 3 },
      ],
      known,
      now: NOW,
    });
    expect(points).toEqual([
      { time: '2026-11-25T11:58:00.000000Z', known_share: 1, expected: 11, lag: 3 },
      { time: '2026-11-25T11:59:00.000000Z', known_share: 0.5, expected: null, lag: null },
      { time: '2026-11-25T12:00:00.000000Z', known_share: 1, expected: 9, lag: null },
    ]);
    expect(expectedOf(points)).toBe(11);
  });
});
