import { describe, expect, it } from 'vitest';
import { binQuantile } from './bin-quantile.js';
import { binsOf } from './quantiles.js';

describe('binQuantile', () => {
  it('is within a fifth of the quantile', () => {
    const delays = Array.from({ length: 999 }, (_, index) => 20 * 1.005 ** index);
    for (const share of [0.1, 0.5, 0.9]) {
      const exact = delays[Math.ceil(share * delays.length) - 1] ?? NaN;
      const found = binQuantile(binsOf(delays), share, delays.length) ?? NaN;
      expect(Math.abs(found / exact - 1), share.toString()).toBeLessThan(0.2);
    }
  });

  it('is null where it is infinite, and where there are no delays', () => {
    const bins = binsOf([100, 200, 300]);
    expect(binQuantile(bins, 0.5, 5)).toBeGreaterThan(200);
    expect(binQuantile(bins, 0.5, 7)).toBeNull();
    expect(binQuantile(bins, 0.5, 0)).toBeNull();
  });
});
