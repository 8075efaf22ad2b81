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
});
