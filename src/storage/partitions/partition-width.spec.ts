import { describe, expect, it } from 'vitest';
import { missingRanges, rangeAround, spansOf, widePartitions, widthFor } from './partition-width.js';

const at = (text: string): number => Date.parse(text);
const range = (from: string, to: string) => ({ from: at(from), to: at(to) });

describe('partitions', () => {
  it('cover an hour for an expiry of up to 3 days, a day up to 100 days, and a month beyond', () => {
    expect([1, 72, 73, 2400, 2401, 280_320].map(widthFor)).toEqual([
      'hour',
      'hour',
      'day',
      'day',
      'month',
      'month',
    ]);
  });

  it('begin and end at whole hours, days and months of UTC', () => {
    const moment = at('2024-02-29T13:45:00Z');
    expect(rangeAround(moment, 'hour')).toEqual(range('2024-02-29T13:00Z', '2024-02-29T14:00Z'));
    expect(rangeAround(moment, 'day')).toEqual(range('2024-02-29T00:00Z', '2024-03-01T00:00Z'));
    expect(rangeAround(moment, 'month')).toEqual(range('2024-02-01T00:00Z', '2024-03-01T00:00Z'));
  });

  it('are missing only for times that none covers', () => {
    const existing = [range('2024-02-01T00:00Z', '2024-03-01T00:00Z')];
    expect(missingRanges(existing, at('2024-02-10T00:00Z'), at('2024-02-29T23:59:59.999Z'), 'month')).toEqual(
      [],
    );
    expect(missingRanges(existing, at('2024-02-10T00:00Z'), at('2024-03-01T00:00Z'), 'month')).toEqual([
      range('2024-03-01T00:00Z', '2024-04-01T00:00Z'),
    ]);
  });

  it('of a new width fill the gaps between those of another', () => {
    const days = [
      range('2024-02-10T00:00Z', '2024-02-11T00:00Z'),
      range('2024-02-20T00:00Z', '2024-02-21T00:00Z'),
    ];
    expect(missingRanges(days, at('2024-02-09T12:00Z'), at('2024-02-25T00:00Z'), 'month')).toEqual([
      range('2024-02-01T00:00Z', '2024-02-10T00:00Z'),
      range('2024-02-11T00:00Z', '2024-02-20T00:00Z'),
      range('2024-02-21T00:00Z', '2024-03-01T00:00Z'),
    ]);
    expect(missingRanges(days, at('2024-02-10T23:00Z'), at('2024-02-11T00:30Z'), 'hour')).toEqual([
      range('2024-02-11T00:00Z', '2024-02-11T01:00Z'),
    ]);
  });
});

describe('spansOf', () => {
  it('returns a span for each hour that contains a time, and none between', () => {
    const moments = ['2026-05-20T10:59Z', '2019-01-01T00:00Z', '2026-05-20T10:00Z', '2019-01-01T00:30Z'].map(
      at,
    );
    expect(spansOf(moments, 'hour')).toEqual([
      [at('2019-01-01T00:00Z'), at('2019-01-01T00:30Z')],
      [at('2026-05-20T10:00Z'), at('2026-05-20T10:59Z')],
    ]);
    expect(spansOf(moments, 'month')).toHaveLength(2);
    expect(spansOf([], 'day')).toEqual([]);
  });
});

describe('partitions of an earlier LOG_EXPIRY_H', () => {
  const now = at('2026-11-29T12:00Z');
  const november = range('2026-11-01', '2026-12-01');
  const days = [range('2026-12-01', '2026-12-02'), range('2026-12-02', '2026-12-03')];

  it('are found with how long messages in them stay', () => {
    expect(widePartitions([november, ...days], 720, now)).toEqual({
      count: 1,
      longestMs: (30 + 30) * 86_400_000,
      until: at('2026-12-31'),
    });
    expect(widePartitions([november, ...days], 48, now)).toEqual({
      count: 3,
      longestMs: (2 + 30) * 86_400_000,
      until: at('2026-12-05'),
    });
  });

  it('are not reported if new ones are as wide, they have expired, or they have no end', () => {
    expect(widePartitions([november, ...days], 2401, now)).toBeUndefined();
    expect(widePartitions(days, 720, now)).toBeUndefined();
    expect(widePartitions([range('2026-09-01', '2026-10-01')], 720, now)).toBeUndefined();
    expect(widePartitions([{ from: -Infinity, to: now }], 720, now)).toBeUndefined();
  });
});
