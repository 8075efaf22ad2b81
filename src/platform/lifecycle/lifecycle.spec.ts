import { describe, expect, it } from 'vitest';
import { Deadline } from './index.js';

describe('Deadline', () => {
  it('gives a step its share, up to a maximum and to the time that is left', () => {
    const fresh = new Deadline(1_000_000);
    expect(fresh.shareMs(0.25, 5_000)).toBe(5_000);
    expect(fresh.shareMs(0.001, 5_000)).toBe(1_000);
    const late = new Deadline(20_000, performance.now() - 19_500);
    expect(late.shareMs(0.25, 5_000)).toBeLessThanOrEqual(500);
    const over = new Deadline(20_000, performance.now() - 60_000);
    expect(over.shareMs(0.25, 5_000)).toBe(0);
    expect(over.leftMs()).toBe(0);
  });

  it('reserves a share for later steps', () => {
    const half = new Deadline(20_000, performance.now() - 10_000);
    expect(half.leftMs(0.3)).toBeLessThanOrEqual(4_000);
    expect(half.leftMs(0.3)).toBeGreaterThan(3_000);
    expect(half.leftMs(0.6)).toBe(0);
  });
});
