import { describe, expect, it } from 'vitest';
import { BIN_COUNT, binsOf, median, quantile } from './quantiles.js';

describe('quantile', () => {
  it('is the nearest rank', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect([0, 0.1, 0.11, 0.5, 0.9, 0.91, 1].map((share) => quantile(values, share))).toEqual([
      1, 1, 2, 5, 9, 10, 10,
    ]);
    expect(median([3, 1, 2, 10])).toBe(2);
  });

  it('is null where it is infinite, and where there are no values', () => {
    expect([0.5, 0.75, 0.76].map((share) => quantile([1, 2, 3], share, 4))).toEqual([2, 3, null]);
    expect(quantile([], 0.5)).toBeNull();
    expect(quantile([], 0.5, 3)).toBeNull();
  });
});

describe('binsOf', () => {
  it('counts each delay up to a minute in one bin, by its upper bound', () => {
    const bins = binsOf([0, 10, 14.3, 14.5, 20, 59_999, 60_000, 60_001]);
    expect(bins).toHaveLength(BIN_COUNT);
    expect(bins.slice(0, 3)).toEqual([3, 2, 0]);
    expect(bins.at(-1)).toBe(2);
    expect(bins.reduce((sum, count) => sum + count)).toBe(7);
  });
});
