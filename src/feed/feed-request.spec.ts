import { describe, expect, it } from 'vitest';
import { timeOf } from '../storage/index.js';
import { microseconds } from './feed-request.js';

describe('microseconds', () => {
  it.each([
    ['2020-01-01T00:00:00Z', 1577836800_000_000],
    ['2020-01-01T00:00:00.000001Z', 1577836800_000_001],
    ['2020-01-01T05:30:00.123456789+05:30', 1577836800_123_457],
    ['1969-12-31T23:59:59.999999Z', -1],
    ['2020-01-01T00:00Z', 1577836800_000_000],
  ])('reads %s', (text, expected) => {
    expect(microseconds(text)).toBe(expected);
  });

  it('is the inverse of timeOf', () => {
    for (const text of [
      '2020-01-01T00:00:00.000001Z',
      '1969-12-31T23:59:59.999999Z',
      '2026-02-28T12:34:56.120000Z',
    ]) {
      expect(timeOf(microseconds(text))).toBe(text);
    }
  });
});
