import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ReceivedRows } from './received-rows.js';
import type { FeedRow } from './feed.js';

const START = Date.parse('2026-01-02T03:00:00Z');
const at = (second: number): string => new Date(START + second * 1000).toISOString().replace('Z', '000Z');
const row = (second: number, n = second): FeedRow => ({ n, created_at: at(second) });
const numbers = (rows: FeedRow[]): unknown[] => rows.map(({ n }) => n);

describe('received rows', () => {
  beforeAll(() => vi.useFakeTimers({ now: START + 3_600_000 }));
  afterAll(() => vi.useRealTimers());

  it('resume ten minutes before the newest row; rows that arrive again are dropped, late rows are not', () => {
    const received = new ReceivedRows();
    expect(received.resume()).toBeUndefined();
    const before = [row(0), row(1_000), row(990), row(1_000, 1), row(1_000, 1)];
    expect(received.fresh(before)).toEqual(before);
    expect(received.resume()).toBe(new Date(START + 400_000).toISOString());
    const again = [row(980), row(990), row(1_000, 1), row(1_000), row(1_000, 1), row(1_000, 1), row(1_001)];
    expect(numbers(received.fresh(again))).toEqual([980, 1, 1_001]);
    // An equal row that is not expected again is not dropped.
    expect(numbers(received.fresh([row(1_001)]))).toEqual([1_001]);
    received.resume();
    expect(numbers(received.fresh([...again, row(1_001), row(1_002)]))).toEqual([1_002]);
  });

  it('have a maximum; the overlap starts after the evicted rows', () => {
    const received = new ReceivedRows(100);
    const rows = Array.from({ length: 250 }, (_, n) => row(n));
    expect(received.fresh(rows)).toHaveLength(250);
    const start = received.resume() ?? '';
    expect(start > at(150) && start < at(200)).toBe(true);
    const again = [...rows, row(250)].filter(({ created_at }) => created_at >= start);
    expect(numbers(received.fresh(again))).toEqual([250]);
    // An older row is returned once, and does not move the start back.
    expect(received.fresh([row(0)])).toHaveLength(1);
    expect((received.resume() ?? '') >= start).toBe(true);
  });

  it('resume before the current time if the clock of a node is ahead', () => {
    const received = new ReceivedRows();
    received.fresh([row(0), row(80_000)]);
    expect(received.resume()).toBe(new Date(START + 3_000_000).toISOString());
  });

  it('resume after aggregates, which are not remembered', () => {
    const received = new ReceivedRows();
    received.noteTimes([row(900), row(1_200)]);
    expect(received.resume()).toBe(new Date(START + 600_000).toISOString());
  });
});
