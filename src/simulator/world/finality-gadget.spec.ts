import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { AuthoritySet, isStalled } from './finality-gadget.js';

describe('AuthoritySet', () => {
  it('has a new id and a new member after each change', () => {
    const set = new AuthoritySet(['a', 'b', 'c', 'd'], 0.5);
    expect([set.id, set.authorities]).toEqual([0, ['a', 'b']]);
    set.change(new Random(1));
    expect(set.id).toBe(1);
    expect(set.authorities).toHaveLength(2);
    expect(set.authorities[1]).toBe('c');
  });

  it('keeps its members if there are no other candidates', () => {
    const set = new AuthoritySet(['a', 'b'], 1);
    set.change(new Random(1));
    expect([set.id, set.authorities]).toEqual([1, ['a', 'b']]);
    expect(new AuthoritySet([], 1).authorities).toEqual([]);
  });
});

const stalled = (everyHours: number, minutes: readonly number[]) =>
  minutes.filter((minute) => isStalled([{ afterMinutes: 10, forMinutes: 5, everyHours }], minute * 60_000));

describe('isStalled', () => {
  it('is true from the start of a stall until its end', () => {
    expect(stalled(0, [0, 9, 10, 14, 15, 70, 130])).toEqual([10, 14]);
  });

  it('repeats after the configured hours', () => {
    expect(stalled(2, [9, 10, 70, 129, 130, 134, 135, 250])).toEqual([10, 130, 134, 250]);
  });

  it('is false without stalls', () => {
    expect(isStalled([], 5)).toBe(false);
  });
});
