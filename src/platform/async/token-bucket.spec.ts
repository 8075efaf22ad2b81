import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.js';

/** How many of some attempts at one time are allowed. */
const allowed = (bucket: TokenBucket, attempts: number, now: number): number =>
  Array.from({ length: attempts }, () => bucket.tryAcquire(now)).filter(Boolean).length;

describe('TokenBucket', () => {
  it('allows its capacity at once, and then one for each second that has passed', () => {
    const bucket = new TokenBucket(60, 1, 5_000);
    expect(allowed(bucket, 100, 5_000)).toBe(60);
    expect(allowed(bucket, 100, 5_999)).toBe(0);
    expect(allowed(bucket, 100, 6_000)).toBe(1);
    expect(allowed(bucket, 100, 9_000)).toBe(3);
  });

  it('adds tokens for parts of a second, up to its capacity', () => {
    const bucket = new TokenBucket(3, 2, 0);
    expect([1, 2, 3, 4].map(() => bucket.tryAcquire(0))).toEqual([true, true, true, false]);
    expect(bucket.tryAcquire(400)).toBe(false);
    expect(bucket.tryAcquire(600)).toBe(true);
    expect(bucket.tryAcquire(600)).toBe(false);
    expect([1, 2, 3, 4].map(() => bucket.tryAcquire(60_000))).toEqual([true, true, true, false]);
  });

  it('takes several tokens at once', () => {
    const bucket = new TokenBucket(5, 1, 0);
    expect([bucket.tryAcquire(0, 3), bucket.tryAcquire(0, 3), bucket.tryAcquire(0, 2)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([bucket.tryAcquire(2_000, 3), bucket.tryAcquire(3_000, 3)]).toEqual([false, true]);
  });

  it('keeps fractions of tokens between calls', () => {
    const bucket = new TokenBucket(1, 1, 0);
    const times = Array.from({ length: 41 }, (_, index) => index * 250);
    expect(times.filter((now) => bucket.tryAcquire(now))).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((second) => second * 1000),
    );
  });

  it('has at most its capacity after a long time', () => {
    const bucket = new TokenBucket(3, 1, 0);
    expect(allowed(bucket, 10, 1_000_000)).toBe(3);
  });
});
