import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  COLLECTOR_NUMBERS,
  collectorOf,
  connectionId,
  connectionIds,
  MAX_CONNECTIONS,
  renumbered,
} from './connection-id.js';

const collectors = fc.integer({ min: 0, max: COLLECTOR_NUMBERS - 1 });
const counts = fc.integer({ min: 0, max: MAX_CONNECTIONS });

describe('the id of a connection', () => {
  it('is an exact number in JSON, also the highest one', () => {
    expect(connectionId(COLLECTOR_NUMBERS - 1, MAX_CONNECTIONS)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('contains the collector number, and is within its range of ids', () => {
    fc.assert(
      fc.property(collectors, counts, (collector, count) => {
        const id = connectionId(collector, count);
        const [from, to] = connectionIds(collector);
        expect(collectorOf(id)).toBe(collector);
        expect(id).toBeGreaterThanOrEqual(from);
        expect(id).toBeLessThan(to);
        expect(BigInt(id)).toBe((BigInt(collector) << 32n) + BigInt(count));
      }),
    );
  });

  it('keeps its count with another collector number', () => {
    fc.assert(
      fc.property(collectors, collectors, counts, (one, other, count) => {
        const id = connectionId(one, count);
        expect(renumbered(id, other)).toBe(connectionId(other, count));
        expect(renumbered(renumbered(id, other), one)).toBe(id);
      }),
    );
  });
});
