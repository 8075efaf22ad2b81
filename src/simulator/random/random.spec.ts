import { describe, expect, it } from 'vitest';
import { Random } from './random.js';

const draw = (random: Random) => Array.from({ length: 20 }, () => random.bits32());

describe('Random', () => {
  it('repeats itself for the same seed and not for another', () => {
    expect(draw(new Random(1, 'node', 2))).toEqual(draw(new Random(1, 'node', 2)));
    expect(draw(new Random(1, 'node', 2))).not.toEqual(draw(new Random(1, 'node', 3)));
    expect(draw(new Random(1, 23))).not.toEqual(draw(new Random(12, 3)));
  });

  it('keeps to both bounds and reaches them', () => {
    const random = new Random('bounds');
    const drawn = new Set(Array.from({ length: 200 }, () => random.between(-1, 2)));
    expect([...drawn].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
  });

  it('samples without repeating, and no more than there is', () => {
    const random = new Random('sample');
    expect(random.sample([1, 2, 3], 5).sort()).toEqual([1, 2, 3]);
    expect(new Set(random.sample([1, 2, 3, 4, 5], 3)).size).toBe(3);
  });

  it('draws log-normal values around their median, a few of them many times as large', () => {
    const random = new Random('log-normal');
    const drawn = Array.from({ length: 4_001 }, () => random.logNormal(100, 0.8)).sort((a, b) => a - b);
    expect(drawn[2_000]).toBeGreaterThan(92);
    expect(drawn[2_000]).toBeLessThan(108);
    expect(drawn[0]).toBeGreaterThan(0);
    expect(drawn[4_000]).toBeGreaterThan(800);
    expect(random.logNormal(100, 0)).toBe(100);
  });

  it('picks names as often as their weights say, and never one without weight', () => {
    const random = new Random('weights');
    const drawn = Array.from({ length: 3_000 }, () => random.weighted({ a: 3, b: 1, c: 0 }));
    const share = drawn.filter((name) => name === 'a').length / drawn.length;
    expect(share).toBeCloseTo(0.75, 1);
    expect(drawn).not.toContain('c');
    expect(() => random.weighted({})).toThrow(RangeError);
  });
});
