import { describe, expect, it } from 'vitest';
import { Mix } from './mix.js';

const deal = (weights: Record<string, number>, count: number) => {
  const mix = new Mix(weights);
  return Array.from({ length: count }, () => mix.next()).join('');
};

describe('Mix', () => {
  it('deals equal weights in turn', () => {
    expect(deal({ a: 1, b: 1, c: 1 }, 9)).toBe('abcabcabc');
  });

  it('gives each its share, and none to a weight of 0', () => {
    const dealt = deal({ a: 70, b: 20, c: 10, d: 0 }, 100);
    expect(['a', 'b', 'c', 'd'].map((name) => dealt.split(name).length - 1)).toEqual([70, 20, 10, 0]);
    expect(dealt.slice(0, 10)).toContain('c');
  });

  it('cannot deal out nothing', () => {
    expect(() => new Mix({}).next()).toThrow(RangeError);
  });
});
