import { describe, expect, it } from 'vitest';
import { toCsv } from './csv.js';
import { growthOf } from './quarters.js';
import { COLUMNS, type Sample } from './sample.js';

const NOTHING = Object.fromEntries(COLUMNS.map((column) => [column, 0])) as Sample;

function samplesOf(values: readonly number[], everyS: number): Sample[] {
  return values.map((rss_mib, index) => ({ ...NOTHING, at_s: (index + 1) * everyS, rss_mib }));
}

describe('growth', () => {
  it('is the mean of the last quarter divided by that of the second', () => {
    const samples = samplesOf([900, 100, 200, 300, 400, 500, 600, 700], 5);
    expect(growthOf(samples, 'rss_mib', 40)).toEqual({
      column: 'rss_mib',
      settled: { mean: 250, lowest: 200 },
      last: { mean: 650, lowest: 600 },
      ratio: 2.6,
    });
  });

  it('ignores the first and third quarter', () => {
    const samples = samplesOf([1, 2, 50, 50, 900, 900, 50, 50], 10);
    expect(growthOf(samples, 'rss_mib', 80).ratio).toBe(1);
  });

  it('is unknown if a quarter has no samples', () => {
    expect(growthOf(samplesOf([1], 5), 'rss_mib', 40).ratio).toBeNaN();
  });
});

describe('toCsv', () => {
  it('has a header line and one line per sample', () => {
    const lines = toCsv(samplesOf([1.23456, 2], 5)).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe(COLUMNS.join(','));
    expect(lines[1]).toMatch(/^5,1\.235,0,/);
    expect(lines[3]).toBe('');
  });
});
