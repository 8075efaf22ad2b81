import { describe, expect, it } from 'vitest';
import { mean, meanOfIntegers, percentile } from './group.js';

describe('statistics', () => {
  it('computes percentiles like percentile_cont', () => {
    expect(percentile([10], 0.9)).toBe(10);
    expect(percentile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(percentile([1, 2, 3, 4, 5], 0.9)).toBe(4.6);
  });

  it('computes exact means of integers', () => {
    expect(meanOfIntegers(36893488147419103228n, 2)).toBe('18446744073709551614');
    expect(meanOfIntegers(7n, 2)).toBe('3.5');
    expect(meanOfIntegers(-7n, 2)).toBe('-3.5');
  });

  it('computes means of other numbers with a compensated sum', () => {
    expect(mean([1e100, 1, -1e100, 1])).toBe(0.5);
    expect(mean([1e308, 1e308, 1e308])).toBeCloseTo(1e308, -294);
  });
});
