import { describe, expect, it } from 'vitest';
import { KnownTime } from './known-time.js';

describe('KnownTime', () => {
  it('merges what is not known, in order', () => {
    const { unknown } = KnownTime.outside([
      [50, 60],
      [10, 20],
      [15, 30],
      [30, 31],
      [12, 14],
      [70, 70],
    ]);
    expect(unknown).toEqual([
      [10, 31],
      [50, 60],
    ]);
  });

  it('has the share of a time range that is known', () => {
    const known = KnownTime.outside([
      [10, 20],
      [30, 40],
      [60, 100],
    ]);
    for (const [from, to, share] of [
      [0, 10, 1],
      [10, 20, 0],
      [0, 20, 0.5],
      [15, 35, 0.5],
      [0, 100, 0.4],
      [12, 14, 0],
      [40, 60, 1],
      [55, 65, 0.5],
      [100, 200, 1],
      [5, 5, 1],
    ] as const) {
      expect(known.share(from, to), `${from.toString()}–${to.toString()}`).toBeCloseTo(share, 12);
    }
    expect(KnownTime.outside([]).share(0, 100)).toBe(1);
  });

  it('agrees with counting each unit of time, for many ranges', () => {
    const ranges = Array.from({ length: 40 }, (_, index): [number, number] => {
      const from = (index * 7919) % 1_000;
      return [from, from + ((index * 31) % 13)];
    });
    const known = KnownTime.outside(ranges);
    const isKnown = (at: number): boolean => !ranges.some(([from, to]) => at >= from && at < to);
    for (let from = 0; from < 1_000; from += 37) {
      for (const length of [1, 10, 200]) {
        const units = Array.from({ length }, (_, index) => from + index).filter(isKnown).length;
        expect(known.share(from, from + length)).toBeCloseTo(units / length, 9);
      }
    }
  });
});
