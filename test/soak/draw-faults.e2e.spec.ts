import { describe, expect, it } from 'vitest';
import { drawFaults, SOAK_FAULTS } from './draw-faults.js';

const options = {
  seed: 7,
  lengthMs: 1_200_000,
  gapMs: [60_000, 90_000] as const,
  longestMs: 12_000,
};

describe('the faults of a soak run', () => {
  it('depend on the seed only', () => {
    expect(drawFaults(options)).toEqual(drawFaults(options));
    expect(drawFaults({ ...options, seed: 8 })).not.toEqual(drawFaults(options));
  });

  it('have the given interval, from start to end', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const at = drawFaults({ ...options, seed }).map((fault) => fault.at);
      const gaps = at.map((time, index) => time - (at[index - 1] ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60_000);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(90_000);
      expect(at.at(-1)).toBeGreaterThan(1_080_000);
      expect(at.at(-1)).toBeLessThanOrEqual(1_170_000);
    }
  });

  it('are all drawn in 20 minutes, and none ends the server', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const kinds = drawFaults({ ...options, seed }).map(({ kind }) => kind);
      expect(new Set(kinds)).toEqual(new Set(SOAK_FAULTS));
    }
    expect(SOAK_FAULTS.filter((kind) => kind.startsWith('server') || kind.startsWith('journal'))).toEqual([]);
  });
});
