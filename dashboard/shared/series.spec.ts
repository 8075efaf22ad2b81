import { describe, expect, it } from 'vitest';
import { downsample, withGaps } from './series.js';

describe('a series', () => {
  it('breaks at long gaps', () => {
    const series = { times: [0, 5, 100], columns: [[1, 2, 3]] };
    expect(withGaps(series, 60)).toEqual({ times: [0, 5, 52.5, 100], columns: [[1, 2, null, 3]] });
  });

  it('keeps its extremes and its order when it is downsampled', () => {
    const times = Array.from({ length: 10_000 }, (_, at) => at * 5);
    const values = times.map((_, at) => (at === 4321 ? 900 : at === 7000 ? -7 : at % 3));
    const thin = downsample({ times, columns: [values] }, 500);
    expect(thin.times.length).toBeLessThanOrEqual(501);
    expect(thin.times).toEqual([...thin.times].sort((a, b) => a - b));
    expect(thin.high?.[0]).toContain(900);
    expect(thin.low?.[0]).toContain(-7);
    expect(thin.columns[0]?.[0]).toBeCloseTo(1, 0);
  });

  it('keeps its gaps when it is downsampled', () => {
    const times = [
      ...Array.from({ length: 1000 }, (_, at) => at),
      ...Array.from({ length: 1000 }, (_, at) => 9000 + at),
    ];
    const thin = downsample(withGaps({ times, columns: [times.map(() => 1)] }, 60), 100);
    expect(thin.columns[0]).toContain(null);
  });

  it('is not downsampled if it is short', () => {
    const series = { times: [1, 2], columns: [[1, null]] };
    expect(downsample(series, 10)).toBe(series);
  });
});
