import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IntervalJobs } from './index.js';

describe('IntervalJobs', () => {
  let debug: string[];
  let jobs: IntervalJobs;

  beforeEach(() => {
    vi.useFakeTimers();
    debug = [];
    jobs = new IntervalJobs({ debug: (line: string) => void debug.push(line) });
  });

  afterEach(() => {
    jobs.stop();
    vi.useRealTimers();
  });

  it('runs a job at each interval until it is stopped, and after an error too', async () => {
    let runs = 0;
    jobs.schedule('test', 100, () => {
      runs += 1;
      return runs === 1 ? Promise.reject(new Error('no')) : Promise.resolve();
    });
    await vi.advanceTimersByTimeAsync(99);
    expect(runs).toBe(0);
    await vi.advanceTimersByTimeAsync(201);
    expect(runs).toBe(3);
    expect(debug).toEqual(['Job "test" failed; it runs again at its next interval: Error: no']);
    jobs.stop();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(runs).toBe(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not overlap a job with itself, skips missed intervals, and waits for its end', async () => {
    let runs = 0;
    let end = (): void => undefined;
    jobs.schedule('test', 100, () => {
      runs += 1;
      return new Promise<void>((resolve) => (end = resolve));
    });
    await vi.advanceTimersByTimeAsync(1_010);
    expect(runs).toBe(1);
    end();
    await vi.advanceTimersByTimeAsync(89);
    expect(runs).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toBe(2);
    jobs.stop();
    let hasEnded = false;
    const ended = jobs.ended().then(() => (hasEnded = true));
    await vi.advanceTimersByTimeAsync(1);
    expect(hasEnded).toBe(false);
    end();
    await ended;
    expect(jobs.signal.aborted).toBe(true);
  });
});
