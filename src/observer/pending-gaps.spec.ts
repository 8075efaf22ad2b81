import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { DatabaseClock, SystemClock } from '../storage/index.js';
import { MAX_PENDING_GAPS, PendingGaps } from './pending-gaps.js';

const collector = { id: uuidv7(), number: 7 };

describe('pending gaps', () => {
  let gaps: PendingGaps;

  beforeEach(() => {
    gaps = new PendingGaps(new DatabaseClock(new SystemClock()));
  });

  const store = (): void => gaps.stored(gaps.unstored());

  it('are stored at their begin and at their end, and removed then', () => {
    const gap = gaps.begin(collector, 'paused', { databaseMs: 1_000 });
    expect(gaps.unstored()).toEqual([
      { id: gap.id, collector, cause: 'paused', began_ms: 1_000, ended_ms: null },
    ]);
    store();
    expect(gaps.unstored()).toEqual([]);
    expect(gaps.records()).toHaveLength(1);
    gaps.end(gap, { databaseMs: 2_000 });
    expect(gaps.unstored()).toMatchObject([{ id: gap.id, ended_ms: 2_000 }]);
    store();
    expect(gaps.records()).toEqual([]);
  });

  it('are stored again if they ended while they were being stored', () => {
    const gap = gaps.begin(collector, 'paused', { databaseMs: 1_000 });
    const records = gaps.unstored();
    gaps.end(gap, { databaseMs: 2_000 });
    gaps.stored(records);
    expect(gaps.unstored()).toMatchObject([{ id: gap.id, ended_ms: 2_000 }]);
  });

  it('are stored again if they continued and ended again while their end was being stored', () => {
    const gap = gaps.begin(collector, 'paused', { databaseMs: 1_000 });
    gaps.end(gap, { databaseMs: 2_000 });
    const records = gaps.unstored();
    gaps.resume(gap);
    gaps.end(gap, { databaseMs: 3_000 });
    gaps.stored(records);
    expect(gaps.unstored()).toMatchObject([{ id: gap.id, ended_ms: 3_000 }]);
    store();
    expect(gaps.records()).toEqual([]);
  });

  it('may continue after their end was stored, with the same id', () => {
    const gap = gaps.begin(collector, 'paused', { databaseMs: 1_000 });
    gaps.end(gap, { databaseMs: 2_000 });
    store();
    gaps.resume(gap);
    expect(gaps.unstored()).toMatchObject([{ id: gap.id, began_ms: 1_000, ended_ms: null }]);
  });

  it('are bounded: the two oldest of the same kind are merged', () => {
    for (let n = 0; n < 3 * MAX_PENDING_GAPS; n += 1) {
      const gap = gaps.begin(collector, n % 2 === 0 ? 'paused' : 'sockets_lost', { databaseMs: n * 10 });
      gaps.end(gap, { databaseMs: n * 10 + 5 });
    }
    const records = gaps.records();
    expect(records).toHaveLength(MAX_PENDING_GAPS);
    const last = 3 * MAX_PENDING_GAPS - 1;
    for (const cause of ['paused', 'sockets_lost']) {
      const of = records.filter((record) => record.cause === cause);
      expect(of[0]?.began_ms).toBeLessThanOrEqual(10);
      expect(of.at(-1)?.ended_ms).toBeGreaterThanOrEqual(last * 10 - 5);
    }
  });

  it('are dropped with an error in the log if none can be merged', () => {
    const log = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    for (let n = 0; n < MAX_PENDING_GAPS + 2; n += 1) {
      const gap = gaps.begin({ id: uuidv7(), number: n }, 'paused', { databaseMs: n });
      gaps.end(gap, { databaseMs: n + 1 });
    }
    expect(gaps.records().map((record) => record.collector.number)[0]).toBe(2);
    expect(log).toHaveBeenCalledTimes(2);
    log.mockRestore();
  });
});
