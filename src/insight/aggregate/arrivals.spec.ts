import { describe, expect, it } from 'vitest';
import { keptBytes } from '../../../test/support/kept-bytes.js';
import { Arrivals } from './arrivals.js';
import { NodeClocks } from './node-clocks.js';
import { MINUTE_US, type Observation, type Source } from './observation.js';

const MS = 1_000;
const START = 29_000_000 * MINUTE_US;

const sourceOf = (node: number): Source => ({
  chain: 1,
  node,
  collector: 1,
  address: '198.51.100.1',
  rttUs: null,
});

/** Sent at a time, and received `delayMs` later. */
function message(node: number, sentMs: number, delayMs: number): Observation {
  const createdAt = START + sentMs * MS;
  return { source: sourceOf(node), receivedAt: createdAt + delayMs * MS, createdAt, report: null };
}

function clocksOf(messages: readonly Observation[]): NodeClocks {
  const clocks = new NodeClocks();
  for (const one of messages) clocks.add(one);
  return clocks;
}

const timesOf = (arrivals: Arrivals): [node: number, ms: number][] =>
  Array.from({ length: arrivals.size }, (_, row) => [
    arrivals.nodeOf(row),
    (arrivals.timeOf(row) - START) / MS,
  ]);

describe('Arrivals', () => {
  it('has the first message of each node, whatever the order in which they are read', () => {
    const [late, tied, first] = [message(7, 900, 100), message(7, 400, 100), message(7, 100, 400)];
    const other = message(8, 300, 10);
    for (const order of [
      [late, tied, other, first],
      [first, late, tied, other],
      [other, tied, first, late],
    ]) {
      const arrivals = new Arrivals();
      for (const one of order) if (arrivals.isFirst(one)) arrivals.set(one);
      expect(arrivals.computeTimes(clocksOf([other, first]))).toBe(START + 310 * MS);
      expect(timesOf(arrivals).sort()).toEqual([
        [7, 500],
        [8, 310],
      ]);
    }
  });

  it('computes times again until their minute is closed', () => {
    const [slow, late] = [message(7, 0, 400), message(8, 61_000, 50)];
    const arrivals = new Arrivals();
    for (const one of [slow, late]) arrivals.set(one);
    const clocks = clocksOf([slow, late]);
    expect(arrivals.computeTimes(clocks)).toBe(START + 400 * MS);
    clocks.add(message(7, 1_000, 30));
    expect(arrivals.computeTimes(clocks)).toBe(START + 30 * MS);
    clocks.close(START + MINUTE_US);
    arrivals.computeTimes(clocks);
    for (const node of [7, 8]) clocks.add(message(node, 61_500, 10));
    clocks.forget(START + MINUTE_US);
    arrivals.computeTimes(clocks);
    expect(timesOf(arrivals)).toEqual([
      [7, 30],
      [8, 61_010],
    ]);
  });

  it('forgets what arrived before a time, and keeps the times of the rest', () => {
    const messages = [message(7, 0, 10), message(8, 1_000, 10), message(9, 2_000, 10)];
    const arrivals = new Arrivals();
    for (const one of messages) arrivals.set(one);
    const clocks = clocksOf(messages);
    clocks.close(START + MINUTE_US);
    arrivals.computeTimes(clocks);
    clocks.forget(START + MINUTE_US);
    expect(arrivals.since(START)).toBe(arrivals);
    expect(arrivals.countBefore(START + 1_000 * MS)).toBe(1);
    const kept = arrivals.since(START + 1_000 * MS);
    expect(kept.rowOf(7)).toBeUndefined();
    expect(kept.computeTimes(clocks)).toBe(START + 1_010 * MS);
    expect(timesOf(kept)).toEqual([
      [8, 1_010],
      [9, 2_010],
    ]);
  });

  it.each([
    { nodes: 2_500, bytes: 70 },
    // A hostile node can report thousands of blocks that no other one has.
    { nodes: 1, bytes: 1_000 },
  ])('takes $bytes bytes a node at most, of $nodes nodes', ({ nodes, bytes }) => {
    const messages = Array.from({ length: nodes }, (_, node) => message(node, 0, 10));
    const kept = keptBytes(50_000 / nodes, () => {
      const arrivals = new Arrivals();
      for (const one of messages) arrivals.set(one);
      return arrivals;
    });
    expect(kept / nodes).toBeLessThan(bytes);
  });
});
