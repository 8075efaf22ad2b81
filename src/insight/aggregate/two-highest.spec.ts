import { describe, expect, it } from 'vitest';
import { TwoHighest } from './two-highest.js';

describe('TwoHighest', () => {
  it('has the height of the only node', () => {
    const heights = new TwoHighest();
    expect([heights.rise(1, 5), heights.rise(1, 7)]).toEqual([5, 7]);
  });

  it('has the second highest of all nodes, as sorting them shows', () => {
    const heights = new TwoHighest();
    const all = new Map<number, number>();
    for (let step = 0; step < 2_000; step += 1) {
      const [node, height] = [(step * 7919) % 13, ((step * 104_729) % 101) + Math.floor(step / 20)];
      const isHigher = height > (all.get(node) ?? -1);
      if (isHigher) all.set(node, height);
      const sorted = [...all.values()].sort((one, other) => other - one);
      expect(heights.rise(node, height)).toBe(isHigher ? (sorted[1] ?? sorted[0]) : undefined);
    }
  });
});
