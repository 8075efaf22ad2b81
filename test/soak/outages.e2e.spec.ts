import { describe, expect, it } from 'vitest';
import { Outages } from './outages.js';

describe('outages', () => {
  it('excuse failures while the database was away, and shortly after', async () => {
    let now = 10_000;
    const outages = new Outages(() => now);
    await outages.during(async () => {
      expect(outages.touch(9_000, 10_000)).toBe(true);
      expect(outages.touch(50_000, 60_000)).toBe(true);
      now = await Promise.resolve(15_000);
    });
    expect(outages.touch(9_000, 9_999)).toBe(false);
    expect(outages.touch(14_000, 14_100)).toBe(true);
    expect(outages.touch(16_999, 18_000)).toBe(true);
    expect(outages.touch(17_001, 18_000)).toBe(false);
  });

  it('end also if the work during them failed', async () => {
    let now = 0;
    const outages = new Outages(() => now);
    await expect(
      outages.during(() => {
        now = 1_000;
        return Promise.reject(new Error('no fault'));
      }),
    ).rejects.toThrow('no fault');
    expect(outages.touch(4_000, 5_000)).toBe(false);
  });
});
