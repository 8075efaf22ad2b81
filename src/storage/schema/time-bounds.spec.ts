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

describe('microseconds as text', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000000Z'],
    [1, '1970-01-01T00:00:00.000001Z'],
    [-1, '1969-12-31T23:59:59.999999Z'],
    [Date.parse('2026-01-02T03:04:05Z') * 1000 + 678_901, '2026-01-02T03:04:05.678901Z'],
    [Date.parse('2026-01-02T23:59:59.999Z') * 1000 + 999, '2026-01-02T23:59:59.999999Z'],
    [Date.parse('0001-01-01T00:00:00Z') * 1000, '0001-01-01T00:00:00.000000Z'],
    [Date.parse('9999-12-31T23:59:59Z') * 1000, '9999-12-31T23:59:59.000000Z'],
  ])('%d is %s', (us, text) => {
    expect(bounds.timeOf(us)).toBe(text);
    // Of another day before.
    bounds.timeOf(us + 1e12);
    expect(bounds.timeOf(us)).toBe(text);
  });
});
