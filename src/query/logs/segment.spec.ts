import { describe, expect, it } from 'vitest';
import { newestSegment, olderSegment, type Segment } from './segment.js';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2024, 1, 1);

function segments(from: number, to: number): Segment[] {
  const connection = { id: '', ip_addr: '', from, to };
  const found: Segment[] = [];
  for (let next = newestSegment(connection, NOW); next !== null; next = olderSegment(next)) found.push(next);
  return found;
}

describe('segments', () => {
  it('cover a span without gaps, from its end backwards, each longer than the one before', () => {
    const from = NOW - 24 * HOUR_MS;
    expect(
      segments(from, NOW).map((segment) => [(NOW - segment.to) / HOUR_MS, (NOW - segment.from) / HOUR_MS]),
    ).toEqual([
      [0, 1],
      [1, 5],
      [5, 21],
      [21, 24],
    ]);
  });

  it('are few for a year', () => {
    expect(segments(NOW - 365 * 24 * HOUR_MS, NOW).length).toBe(8);
  });

  it('begin an hour before now where the end lies ahead', () => {
    const [first] = segments(NOW - 48 * HOUR_MS, NOW + 24 * HOUR_MS);
    expect(first).toMatchObject({ from: NOW - HOUR_MS, to: NOW + 24 * HOUR_MS });
  });

  it('are none for a span that is empty', () => {
    expect(segments(NOW, NOW)).toEqual([]);
  });
});
