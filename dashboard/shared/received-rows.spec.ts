import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ReceivedRows } from './received-rows.js';
import type { FeedRow } from './feed.js';

const START = Date.parse('2026-01-02T03:00:00Z');
const at = (second: number): string => new Date(START + second * 1000).toISOString().replace('Z', '000Z');
const row = (second: number, n = second): FeedRow => ({ n, created_at: at(second) });
const numbers = (rows: FeedRow[]): unknown[] => rows.map(({ n }) => n);

describe('what the feed has delivered', () => {
  beforeAll(() => vi.useFakeTimers({ now: START + 3_600_000 }));
  afterAll(() => vi.useRealTimers());

  it('is asked for again from ten minutes before the newest, and dropped, while what is late comes', () => {
    const delivered = new ReceivedRows();
    expect(delivered.resume()).toBeUndefined();
    const before = [row(0), row(1_000), row(990), row(1_000, 1), row(1_000, 1)];
    expect(delivered.fresh(before)).toEqual(before);
    expect(delivered.resume()).toBe(new Date(START + 400_000).toISOString());
    const again = [row(980), row(990), row(1_000, 1), row(1_000), row(1_000, 1), row(1_000, 1), row(1_001)];
    expect(numbers(delivered.fresh(again))).toEqual([980, 1, 1_001]);
    // What has come is not dropped when something like it is said.
    expect(numbers(delivered.fresh([row(1_001)]))).toEqual([1_001]);
    delivered.resume();
    expect(numbers(delivered.fresh([...again, row(1_001), row(1_002)]))).toEqual([1_002]);
  });

  it('is bounded: what is not remembered is not asked for again', () => {
    const delivered = new ReceivedRows(100);
    const rows = Array.from({ length: 250 }, (_, n) => row(n));
    expect(delivered.fresh(rows)).toHaveLength(250);
    const start = delivered.resume() ?? '';
    expect(start > at(150) && start < at(200)).toBe(true);
    const again = [...rows, row(250)].filter(({ created_at }) => created_at >= start);
    expect(numbers(delivered.fresh(again))).toEqual([250]);
    // What is older still came when it did.
    expect(delivered.fresh([row(0)])).toHaveLength(1);
    expect((delivered.resume() ?? '') >= start).toBe(true);
  });

  it('is asked for again from a time that has been, where the clock of a node is ahead', () => {
    const delivered = new ReceivedRows();
    delivered.fresh([row(0), row(80_000)]);
    expect(delivered.resume()).toBe(new Date(START + 3_000_000).toISOString());
  });

  it('is replaced where it is an aggregate', () => {
    const delivered = new ReceivedRows();
    delivered.noteTimes([row(900), row(1_200)]);
    expect(delivered.resume()).toBe(new Date(START + 600_000).toISOString());
  });
});
