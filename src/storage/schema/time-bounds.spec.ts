import { describe, expect, it } from 'vitest';
import * as bounds from './time-bounds.js';
import { sqlInterval } from './time-bounds.js';

describe('bounds of time', () => {
  it('cover for readers everything that writers may do', () => {
    expect(bounds.LOST_CONNECTION_MS).toBeGreaterThan(
      bounds.CLOCK_AHEAD_MS + bounds.CONNECTION_WRITTEN_EVERY_MS,
    );
    expect(bounds.NEW_MESSAGE_BEHIND_MS).toBeGreaterThan(bounds.CLOCK_BEHIND_MS);
    expect(bounds.PARTITIONS_AHEAD_MS).toBeGreaterThan(bounds.NEW_MESSAGE_AHEAD_MS);
    expect(bounds.READ_AGAIN_MS).toBeGreaterThan(bounds.WRITE_LIMIT_MS);
  });

  it.each([
    [7 * bounds.DAY_MS, "interval '7 days'"],
    [25 * bounds.HOUR_MS, "interval '25 hours'"],
    [15_000, "interval '15 seconds'"],
    [1_500, "interval '1500 ms'"],
  ])('are intervals in SQL: %i ms', (ms, sql) => {
    expect(sqlInterval(ms)).toBe(sql);
  });
});
