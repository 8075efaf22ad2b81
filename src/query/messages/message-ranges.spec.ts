import { describe, expect, it } from 'vitest';
import { NEWEST_FIRST, OLDEST_FIRST, type SortOrder, type ReadRange } from './message-ranges.js';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2024, 1, 1);

function rangesOf(order: SortOrder, from: number, to: number): ReadRange[] {
  const connection = { id: 1, collector: 1, audit: false, ip_addr: '', from, to };
  const found: ReadRange[] = [];
  for (let next = order.first(connection, NOW); next !== null; next = order.next(next)) found.push(next);
  return found;
}

const hours = (found: ReadRange[], from: number): number[][] =>
  found.map((range) => [(range.from - from) / HOUR_MS, (range.to - from) / HOUR_MS]);

describe('the time ranges of a connection', () => {
  it('cover its span without gaps, each longer than the previous one, in both orders', () => {
    const from = NOW - 40 * HOUR_MS;
    expect(hours(rangesOf(NEWEST_FIRST, from, NOW), from)).toEqual([
      [34, 40],
      [10, 34],
      [0, 10],
    ]);
    expect(hours(rangesOf(OLDEST_FIRST, from, NOW), from)).toEqual([
      [0, 6],
      [6, 30],
      [30, 40],
    ]);
  });

  it('are seven for a year', () => {
    for (const order of [NEWEST_FIRST, OLDEST_FIRST]) {
      expect(rangesOf(order, NOW - 365 * 24 * HOUR_MS, NOW).length).toBe(7);
    }
  });

  it('begin 6 hours before now if the span ends in the future and the newest messages come first', () => {
    const [first] = rangesOf(NEWEST_FIRST, NOW - 48 * HOUR_MS, NOW + 24 * HOUR_MS);
    expect(first).toMatchObject({ from: NOW - 6 * HOUR_MS, to: NOW + 24 * HOUR_MS });
  });

  it('are none for an empty span', () => {
    for (const order of [NEWEST_FIRST, OLDEST_FIRST]) expect(rangesOf(order, NOW, NOW)).toEqual([]);
  });
});
