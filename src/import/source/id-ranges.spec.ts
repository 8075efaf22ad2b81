import { describe, expect, it } from 'vitest';
import { halves, missingIds } from './id-ranges.js';

const range = (first: number, last: number) => ({ first, last });

describe('ranges of ids', () => {
  it('are missing where nothing is done yet', () => {
    expect(missingIds([], range(5, 9))).toEqual([range(5, 9)]);
    expect(missingIds([], range(5, 4))).toEqual([]);
  });

  it('are missing between, before and behind what is done', () => {
    const done = [range(1, 2), range(5, 6), range(7, 8), range(12, 20)];
    expect(missingIds(done, range(0, 25))).toEqual([range(0, 0), range(3, 4), range(9, 11), range(21, 25)]);
    expect(missingIds(done, range(2, 10))).toEqual([range(3, 4), range(9, 10)]);
    expect(missingIds(done, range(13, 18))).toEqual([]);
  });

  it('are halved down to a single id', () => {
    expect(halves(range(4, 7))).toEqual([range(4, 5), range(6, 7)]);
    expect(halves(range(4, 5))).toEqual([range(4, 4), range(5, 5)]);
    expect(halves(range(-3, -2))).toEqual([range(-3, -3), range(-2, -2)]);
  });
});
