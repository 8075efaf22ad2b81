import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from './clock.js';

describe('EventQueue', () => {
  it('returns items by time, and in insertion order for equal times', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
        const queue = new EventQueue<number>();
        times.forEach((at, index) => queue.push(at, index));
        const popped: number[] = [];
        for (let next = queue.pop(); next !== undefined; next = queue.pop()) popped.push(next.item);
        const expected = times
          .map((at, index) => ({ at, index }))
          .sort((a, b) => a.at - b.at || a.index - b.index);
        expect(popped).toEqual(expected.map(({ index }) => index));
        expect(queue.size).toBe(0);
      }),
    );
  });
});
