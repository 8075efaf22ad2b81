import { describe, expect, it } from 'vitest';
import { BatchIds } from './batch-builder.js';

const NOW = 1_764_000_000_000;

describe('BatchIds', () => {
  it('increase within a millisecond, and while the clock is set back', () => {
    const ids = new BatchIds();
    const made = [NOW, NOW, NOW + 1, NOW - 86_400_000, NOW - 86_400_000, NOW + 2].map((at) => ids.next(at));
    expect(made.toSorted()).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
    expect(parseInt(made[0]?.replace('-', '').slice(0, 12) ?? '', 16)).toBe(NOW);
  });

  it('follow the clock again when it has caught up', () => {
    const ids = new BatchIds();
    ids.next(NOW + 1_000);
    ids.next(NOW);
    expect(
      parseInt(
        ids
          .next(NOW + 5_000)
          .replace('-', '')
          .slice(0, 12),
        16,
      ),
    ).toBe(NOW + 5_000);
  });
});
