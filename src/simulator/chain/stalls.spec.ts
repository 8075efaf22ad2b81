import { describe, expect, it } from 'vitest';
import { isStalled } from './stalls.js';

const stalled = (everyHours: number, minutes: readonly number[]) =>
  minutes.filter((minute) => isStalled([{ afterMinutes: 10, forMinutes: 5, everyHours }], minute * 60_000));

describe('isStalled', () => {
  it('is so from the beginning of a stall until before its end', () => {
    expect(stalled(0, [0, 9, 10, 14, 15, 70, 130])).toEqual([10, 14]);
  });

  it('is so again after the hours that it comes back', () => {
    expect(stalled(2, [9, 10, 70, 129, 130, 134, 135, 250])).toEqual([10, 130, 134, 250]);
  });

  it('is never so without stalls', () => {
    expect(isStalled([], 5)).toBe(false);
  });
});
