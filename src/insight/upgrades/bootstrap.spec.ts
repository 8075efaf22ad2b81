import { describe, expect, it } from 'vitest';
import { bootstrap, meanOf, medianOf } from './bootstrap.js';

/** Values of a normal distribution at even steps of its probability, by the logistic approximation. */
const spread = (count: number, mean: number, deviation: number): number[] =>
  Array.from({ length: count }, (_, index) => {
    const share = (index + 0.5) / count;
    return mean + (deviation * Math.log(share / (1 - share))) / 1.702;
  });

describe('bootstrap', () => {
  it('gives the interval that theory gives for a mean', () => {
    const values = spread(400, 50, 10);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const { value, low, high } = bootstrap(values, meanOf);
    expect(value).toBeCloseTo(50, 9);
    const half = (1.96 * Math.sqrt(variance)) / Math.sqrt(values.length);
    expect(Math.abs(value - low - half)).toBeLessThan(0.1 * half);
    expect(Math.abs(high - value - half)).toBeLessThan(0.1 * half);
  });

  it('gives the interval that the binomial distribution gives for a median', () => {
    // 101 values: with 95 %, the median is between the 41st and the 61st.
    const { value, low, high } = bootstrap(
      Array.from({ length: 101 }, (_, index) => index + 1),
      medianOf,
    );
    expect(value).toBe(51);
    expect(Math.abs(low - 41)).toBeLessThanOrEqual(1);
    expect(Math.abs(high - 61)).toBeLessThanOrEqual(1);
  });

  it('contains the true median in about 95 % of all experiments', () => {
    let state = 12_345;
    const random = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) / 2 ** 24;
    };
    let contained = 0;
    for (let experiment = 0; experiment < 200; experiment += 1) {
      const values = Array.from({ length: 25 }, () => -Math.log(1 - random()));
      const { low, high } = bootstrap(values, medianOf);
      if (low <= Math.LN2 && Math.LN2 <= high) contained += 1;
    }
    expect(contained).toBeGreaterThan(180);
    expect(contained).toBeLessThan(199);
  });

  it('gives the same for the same values, in any order', () => {
    const values = spread(31, 3, 1);
    expect(bootstrap([...values].reverse(), medianOf)).toEqual(bootstrap(values, medianOf));
  });

  it('has no width where all values are equal', () => {
    expect(bootstrap([2, 2, 2, 2], medianOf)).toEqual({ value: 2, low: 2, high: 2 });
    expect(bootstrap([1, 3], medianOf).value).toBe(2);
    expect(bootstrap([7], meanOf)).toEqual({ value: 7, low: 7, high: 7 });
  });
});
