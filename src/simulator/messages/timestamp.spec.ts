import { describe, expect, it } from 'vitest';
import { formatTimestamp } from './timestamp.js';

describe('formatTimestamp', () => {
  const at = Date.UTC(2021, 1, 9, 9, 0, 0, 123);

  it('writes nanoseconds and the local time with its offset', () => {
    expect(formatTimestamp(at, 456_789, 60)).toBe('2021-02-09T10:00:00.123456789+01:00');
    expect(formatTimestamp(at, 7, 0)).toBe('2021-02-09T09:00:00.123000007+00:00');
    expect(formatTimestamp(at, 0, -210)).toBe('2021-02-09T05:30:00.123000000-03:30');
  });
});
