import { describe, expect, it } from 'vitest';
import { RowLog } from './row-log.js';

const row = (
  createdAt: number,
  arrivedAt = createdAt,
): { createdAt: number; arrivedAt: number; text: string } => ({
  createdAt,
  arrivedAt,
  text: createdAt.toString(),
});
const texts = ({ rows, from }: { rows: readonly { text: string }[]; from: number }): string[] =>
  rows.slice(from).map(({ text }) => text);

describe('RowLog', () => {
  it('is sorted by arrival and by time', () => {
    const log = new RowLog();
    log.append([row(10), row(30)]);
    log.append([row(20, 40), row(50, 40), row(30, 40)]);
    expect(texts(log.after(0))).toEqual(['10', '30', '20', '50', '30']);
    expect(texts(log.after(3))).toEqual(['50', '30']);
    expect(texts(log.afterTime(-Infinity, 0))).toEqual(['10', '20', '30', '30', '50']);
    expect(texts(log.afterTime(30, 2))).toEqual(['30', '50']);
  });

  it('removes rows that are old by both times', () => {
    const log = new RowLog();
    log.append([row(10), row(20)]);
    log.append([row(5, 30), row(99, 30), row(40, 40)]);
    log.expire(35);
    expect(texts(log.after(0))).toEqual(['99', '40']);
    expect(log.removedSeq).toBe(3);
    expect(log.evictedTo).toBe(-Infinity);
    log.expire(100);
    expect(log.size).toBe(0);
    expect(log.bytes).toBe(0);
  });

  it('evicts the first rows to free memory', () => {
    const log = new RowLog();
    log.append([row(10), row(20), row(30)]);
    expect(log.evict(log.bytes / 2)).toBe(2);
    expect(texts(log.afterTime(-Infinity, 0))).toEqual(['30']);
    expect(log.evictedTo).toBe(20);
    expect(log.removedSeq).toBe(2);
    expect(log.evict(1_000_000)).toBe(1);
    expect(log.bytes).toBe(0);
  });
});
