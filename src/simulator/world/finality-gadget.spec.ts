import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { AuthoritySet } from './finality-gadget.js';

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
