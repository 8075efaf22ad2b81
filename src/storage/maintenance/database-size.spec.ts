import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WriterPool } from '../connections/writer-pool.js';
import { DatabaseSize, type DatabaseSizeMetrics } from './database-size.js';

describe('DatabaseSize', () => {
  const warnings: string[] = [];
  const metrics = { clear: () => undefined } as DatabaseSizeMetrics;
  let isAway: boolean;
  let times: number[];
  let size: DatabaseSize;

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    vi.spyOn(Logger.prototype, 'warn').mockImplementation((text) => void warnings.push(String(text)));
    [isAway, times, warnings.length] = [true, [], 0];
    const withOwnClient = (): Promise<void> => {
      times.push(performance.now() / 1000);
      return isAway ? Promise.reject(new Error('away')) : Promise.resolve();
    };
    size = new DatabaseSize({ withOwnClient } as unknown as WriterPool, metrics);
  });

  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  /** Calls measureIfDue every five seconds, and returns the seconds between measurements. */
  async function between(seconds: number): Promise<number[]> {
    const from = times.length;
    for (let passed = 0; passed < seconds; passed += 5) {
      await size.measureIfDue().catch(() => undefined);
      await vi.advanceTimersByTimeAsync(5_000);
    }
    return times
      .slice(Math.max(1, from))
      .map((at, index) => at - (times[Math.max(1, from) + index - 1] ?? 0));
  }

  it('retries with increasing delays after failures, and logs one warning', async () => {
    expect(await between(300)).toEqual([5, 10, 20, 40, 60, 60, 60]);
    expect(warnings).toEqual(['The size of the database could not be measured: Error: away']);
    isAway = false;
    expect(await between(180)).toEqual([60, 60, 60]);
    isAway = true;
    expect(await between(60)).toEqual([60, 5, 10, 20]);
    expect(warnings).toHaveLength(2);
  });
});
