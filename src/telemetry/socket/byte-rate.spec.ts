import { describe, expect, it } from 'vitest';
import { ByteRate } from './byte-rate.js';

const LIMIT = { bytesPerS: 100, windowS: 10 };

/** Looks once a second, with what came since the look before; the seconds in which it was too much. */
function checks(
  came: readonly number[],
  seconds: readonly number[] = came.map((_, index) => index + 1),
): number[] {
  const rate = new ByteRate(LIMIT, 5_000, 0);
  let bytes = 5_000;
  return came.flatMap((more, index) => {
    bytes += more;
    const second = seconds[index] ?? 0;
    return rate.exceeds(bytes, second * 1000) ? [second] : [];
  });
}

const times = (count: number, value: number): number[] => Array<number>(count).fill(value);

describe('ByteRate', () => {
  it('may be reached at all times, and exceeded for at most a window', () => {
    expect(checks(times(100, 100))).toEqual([]);
    expect(checks(times(11, 101))).toEqual([10, 11]);
  });

  it('allows the bytes of a window at once, at any time', () => {
    expect(checks([1_000])).toEqual([]);
    expect(checks([1_001])).toEqual([1]);
    expect(checks([...times(30, 0), 1_000])).toEqual([]);
    expect(checks([...times(30, 0), 1_001])).toEqual([31]);
    expect(checks([500, ...times(8, 0), 501])).toEqual([10]);
    expect(checks([500, ...times(9, 0), 501])).toEqual([]);
  });

  it('allows bytes that waited while the process was busy', () => {
    // Not looked at for a minute, and then all of it is read at once.
    expect(checks([100, 6_000, 100, 100], [1, 61, 62, 63])).toEqual([]);
    expect(checks([100, 8_000, 100], [1, 61, 62])).toEqual([61, 62]);
  });
});
