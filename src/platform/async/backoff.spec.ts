import { afterEach, describe, expect, it, vi } from 'vitest';
import { Backoff } from './index.js';

const delays = (backoff: Backoff, count: number): number[] =>
  Array.from({ length: count }, () => backoff.next());

describe('Backoff', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('doubles the delay up to the limit, and starts over after a reset', () => {
    const backoff = new Backoff({ firstMs: 50, maxMs: 300 });
    expect(delays(backoff, 5)).toEqual([50, 100, 200, 300, 300]);
    backoff.reset();
    expect(delays(backoff, 2)).toEqual([50, 100]);
  });

  it('keeps the delay with a factor of 1', () => {
    expect(delays(new Backoff({ firstMs: 20, maxMs: 20, factor: 1 }), 3)).toEqual([20, 20, 20]);
  });

  it('varies the delay by the jitter', () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0);
    const backoff = new Backoff({ firstMs: 100, maxMs: 100, jitter: 0.5 });
    expect(backoff.next()).toBe(50);
    random.mockReturnValue(0.5);
    expect(backoff.next()).toBe(100);
    random.mockReturnValue(1);
    expect(backoff.next()).toBe(150);
  });

  it('stops waiting when the signal aborts', async () => {
    await new Backoff({ firstMs: 60_000, maxMs: 60_000 }).wait(AbortSignal.abort());
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 5);
    await new Backoff({ firstMs: 60_000, maxMs: 60_000 }).wait(abort.signal);
  });
});
