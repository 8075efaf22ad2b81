import { describe, expect, it } from 'vitest';
import { NEWEST_FIRST, OLDEST_FIRST, type ReadingOrder } from './reading-order.js';
import type { Segment } from './segment.js';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2024, 1, 1);

function segments(order: ReadingOrder, from: number, to: number): Segment[] {
  const connection = { id: 1, collector: 1, audit: false, ip_addr: '', from, to };
  const found: Segment[] = [];
  for (let next = order.first(connection, NOW); next !== null; next = order.rest(next)) found.push(next);
  return found;
}

const hours = (found: Segment[], from: number): number[][] =>
  found.map((segment) => [(segment.from - from) / HOUR_MS, (segment.to - from) / HOUR_MS]);

describe('segments', () => {
  it('cover a span without gaps, each longer than the one before, in both orders', () => {
    const from = NOW - 40 * HOUR_MS;
    expect(hours(segments(NEWEST_FIRST, from, NOW), from)).toEqual([
      [34, 40],
      [10, 34],
      [0, 10],
    ]);
    expect(hours(segments(OLDEST_FIRST, from, NOW), from)).toEqual([
      [0, 6],
      [6, 30],
      [30, 40],
    ]);
  });

  it('are few for a year', () => {
    for (const order of [NEWEST_FIRST, OLDEST_FIRST]) {
      expect(segments(order, NOW - 365 * 24 * HOUR_MS, NOW).length).toBe(7);
    }
  });

  it('begin some hours before now where the end lies ahead and the newest come first', () => {
    const [first] = segments(NEWEST_FIRST, NOW - 48 * HOUR_MS, NOW + 24 * HOUR_MS);
    expect(first).toMatchObject({ from: NOW - 6 * HOUR_MS, to: NOW + 24 * HOUR_MS });
  });

  it('are none for a span that is empty', () => {
    for (const order of [NEWEST_FIRST, OLDEST_FIRST]) expect(segments(order, NOW, NOW)).toEqual([]);
  });
});
