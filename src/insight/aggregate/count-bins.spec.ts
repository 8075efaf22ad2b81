import { describe, expect, it } from 'vitest';
import { COUNT_BOUNDS, countBinOf, countMedian, countQuantile } from './count-bins.js';

describe('the bins of counts', () => {
  it('are exact for small counts, and 1.41 times the one before for others', () => {
    expect(COUNT_BOUNDS.slice(0, 13)).toEqual([0, 1, 2, 3, 4, 6, 8, 12, 16, 23, 32, 46, 64]);
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 63, 64, 90].map((count) => COUNT_BOUNDS[countBinOf(count)])).toEqual([
      0, 1, 2, 3, 4, 4, 6, 6, 8, 46, 64, 64,
    ]);
    expect(countBinOf(Number.MAX_SAFE_INTEGER)).toBe(COUNT_BOUNDS.length - 1);
  });

  it('show quantiles within a fifth', () => {
    for (const count of [0, 1, 2, 3, 5, 7, 39, 50, 1_000, 30_000]) {
      const bins = new Uint8Array(COUNT_BOUNDS.length);
      bins[countBinOf(count)] = 60;
      expect(Math.abs((countQuantile(bins, 0.5) ?? NaN) - count), count.toString()).toBeLessThanOrEqual(
        count / 5,
      );
    }
    const bins = [0, 2, 0, 0, 1];
    expect([0.1, 0.66, 0.67, 1].map((share) => countQuantile(bins, share))).toEqual([1, 1, 5, 5]);
    expect(countQuantile([], 0.5)).toBeNull();
  });

  it('show medians between counts', () => {
    expect(countMedian([0, 0, 60])).toBe(2);
    expect(countMedian([0, 0, 30, 30])).toBe(2.5);
    expect(countMedian([60])).toBe(0);
    // Of 4 and 5, and of 6 and 7.
    expect(countMedian([0, 0, 0, 0, 10])).toBe(4.5);
    expect(countMedian([0, 0, 0, 0, 10, 30])).toBeCloseTo(5.5 + 2 / 3, 9);
    expect(countMedian([])).toBeNull();
    expect(countMedian([0, 0])).toBeNull();
  });
});
