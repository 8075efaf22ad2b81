import { describe, expect, it } from 'vitest';
import { AdaptiveFetchSize } from './read-cursor.js';

const sizeAfter = (lengths: readonly number[]): AdaptiveFetchSize => {
  const size = new AdaptiveFetchSize({ length: 10_000, firstRows: 16, maxRows: 100 });
  for (const length of lengths) size.saw(length);
  return size;
};

describe('AdaptiveFetchSize', () => {
  it('is small before the first row', () => {
    expect(sizeAfter([]).rows()).toBe(16);
  });

  it('follows the length of the rows, between 1 and the maximum', () => {
    expect(sizeAfter([400, 600]).rows()).toBe(20);
    expect(sizeAfter([1]).rows()).toBe(100);
    expect(sizeAfter([0]).rows()).toBe(100);
    expect(sizeAfter([1_000_000]).rows()).toBe(1);
  });

  it('shares memory between cursors, and does not exceed the requested rows', () => {
    expect(sizeAfter([500]).rows(Infinity, 4)).toBe(5);
    expect(sizeAfter([500]).rows(3)).toBe(3);
  });

  it('shrinks within a few rows when they become long', () => {
    const short = Array.from({ length: 1_000 }, () => 100);
    const long = Array.from({ length: 50 }, () => 10_000);
    expect(sizeAfter([...short, ...long]).rows()).toBe(1);
  });
});
