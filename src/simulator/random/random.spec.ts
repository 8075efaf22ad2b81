import { describe, expect, it } from 'vitest';
import { base58, hashOf, peerId, Random, ss58Address, WeightedChoice } from './random.js';

const draw = (random: Random) => Array.from({ length: 20 }, () => random.bits32());

describe('Random', () => {
  it('is deterministic by seed', () => {
    expect(draw(new Random(1, 'node', 2))).toEqual(draw(new Random(1, 'node', 2)));
    expect(draw(new Random(1, 'node', 2))).not.toEqual(draw(new Random(1, 'node', 3)));
    expect(draw(new Random(1, 23))).not.toEqual(draw(new Random(12, 3)));
  });

  it('returns values within bounds, inclusive', () => {
    const random = new Random('bounds');
    const drawn = new Set(Array.from({ length: 200 }, () => random.between(-1, 2)));
    expect([...drawn].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
  });

  it('samples without repetition', () => {
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

  it('picks names by weight', () => {
    const random = new Random('weights');
    const drawn = Array.from({ length: 3_000 }, () => random.weighted({ a: 3, b: 1, c: 0 }));
    const share = drawn.filter((name) => name === 'a').length / drawn.length;
    expect(share).toBeCloseTo(0.75, 1);
    expect(drawn).not.toContain('c');
    expect(() => random.weighted({})).toThrow(RangeError);
  });
});

const deal = (weights: Record<string, number>, count: number) => {
  const mix = new WeightedChoice(weights);
  return Array.from({ length: count }, () => mix.next()).join('');
};

describe('WeightedChoice', () => {
  it('alternates names of equal weight', () => {
    expect(deal({ a: 1, b: 1, c: 1 }, 9)).toBe('abcabcabc');
  });

  it('chooses each name by its share, and none with weight 0', () => {
    const dealt = deal({ a: 70, b: 20, c: 10, d: 0 }, 100);
    expect(['a', 'b', 'c', 'd'].map((name) => dealt.split(name).length - 1)).toEqual([70, 20, 10, 0]);
    expect(dealt.slice(0, 10)).toContain('c');
  });

  it('requires a name with weight', () => {
    expect(() => new WeightedChoice({}).next()).toThrow(RangeError);
  });
});

describe('identifiers', () => {
  it('writes base58 as the draft of its format does', () => {
    expect(base58(Buffer.from('Hello World!'))).toBe('2NEpo7TZRRrLZSi2U');
    expect(base58(Buffer.from('0000287fb4cd', 'hex'))).toBe('11233QC4');
    expect(base58(Buffer.alloc(0))).toBe('');
  });

  it('generates realistic hashes, peer ids and addresses', () => {
    const random = new Random('identifiers');
    expect(hashOf('a', 1)).toMatch(/^0x[0-9a-f]{64}$/);
    expect(peerId(random, 'key')).toMatch(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/);
    expect(peerId(random, 'hash')).toMatch(/^Qm[1-9A-HJ-NP-Za-km-z]{44}$/);
    expect(ss58Address(random)).toMatch(/^5[1-9A-HJ-NP-Za-km-z]{47}$/);
  });
});
