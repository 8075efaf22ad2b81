import { describe, expect, it } from 'vitest';
import { MINUTE_US } from './observation.js';
import { ObserverGaps } from './observer-gaps.js';

const [FROM, TO] = [10 * MINUTE_US, 13 * MINUTE_US];
const SECOND_US = 1e6;

function gapsOf(heard: readonly (readonly [collector: number, at: number])[]): ObserverGaps {
  const gaps = new ObserverGaps();
  gaps.are([{ collector: 1, from: FROM, to: TO }]);
  for (const [collector, at] of heard) gaps.heard(collector, at);
  return gaps;
}

describe('ObserverGaps', () => {
  it('has a server process in a gap and in the minute after it', () => {
    const gaps = gapsOf([[1, 0]]);
    const at = (time: number): number[] => [...gaps.collectorsAt(time, time + 1)];
    expect([FROM - 1, FROM, TO, TO + MINUTE_US - 1, TO + MINUTE_US].map(at)).toEqual([[], [1], [1], [1], []]);
  });

  it('has the process that took the place of a killed one for the same minute, and no other one', () => {
    const gaps = gapsOf([
      [2, TO + 20 * SECOND_US],
      [2, TO + 5 * SECOND_US],
      [3, FROM - SECOND_US],
      [3, TO + 7 * SECOND_US],
      [4, TO + 2 * MINUTE_US],
    ]);
    expect([...gaps.collectorsAt(TO + 30 * SECOND_US, TO + 31 * SECOND_US)]).toEqual([1, 2]);
    expect([...gaps.collectorsAt(TO + MINUTE_US, TO + 2 * MINUTE_US)]).toEqual([]);
  });
});
