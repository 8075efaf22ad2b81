import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readSettings } from '../config/index.js';
import { type HeldBytes, type MemoryHolder, SOCKET_BYTES, SocketMemory } from './socket-memory.js';
import type { SocketMemoryMetrics } from './socket-memory.js';

const MIB = 1024 ** 2;

class Holder implements MemoryHolder {
  readonly holderKind = 'node';
  isEvicted = false;

  constructor(public bytes: number) {}

  addHeld(to: HeldBytes): void {
    to.unfinished += this.bytes;
  }

  evict(): void {
    this.isEvicted = true;
  }
}

describe('SocketMemory', () => {
  let evicted: string[];
  let measured: HeldBytes | undefined;
  let memory: SocketMemory;

  beforeEach(() => {
    vi.useFakeTimers();
    evicted = [];
    measured = undefined;
    const metrics = {
      limit: () => undefined,
      held: (held: HeldBytes) => (measured = { ...held }),
      evicted: (kind: string) => evicted.push(kind),
    };
    memory = new SocketMemory(
      readSettings({ SOCKETS_MAX_MIB: '100' }),
      metrics as unknown as SocketMemoryMetrics,
    );
  });

  afterEach(() => void vi.useRealTimers());

  function holders(count: number, bytes: number): Holder[] {
    const all = Array.from({ length: count }, () => new Holder(bytes));
    for (const holder of all) memory.add(holder);
    return all;
  }

  it('measures the memory of sockets once a second', () => {
    const some = holders(10, MIB);
    vi.advanceTimersByTime(1_000);
    expect(measured).toEqual({ sockets: 10 * SOCKET_BYTES, unfinished: 10 * MIB, identities: 0, unsent: 0 });
    for (const holder of some) memory.delete(holder);
    expect(measured).toEqual({ sockets: 0, unfinished: 0, identities: 0, unsent: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('evicts the sockets with the most memory, until three quarters are left', () => {
    const good = holders(1_000, 2_000);
    const bad = holders(30, 4 * MIB);
    vi.advanceTimersByTime(1_000);
    expect(good.filter(({ isEvicted }) => isEvicted)).toEqual([]);
    const left = bad.filter(({ isEvicted }) => !isEvicted).length;
    expect(left).toBe(16);
    expect(evicted).toHaveLength(30 - left);
    expect(memory.isShort).toBe(false);
  });

  it('measures at once when the reported growth exceeds the limit', () => {
    const [holder] = holders(1, 0);
    for (let mib = 0; mib < 101; mib += 1) {
      if (holder !== undefined) holder.bytes += MIB;
      memory.grew(MIB);
    }
    expect(holder?.isEvicted).toBe(true);
  });

  it('is short from nine tenths on, until the next measurement', () => {
    holders(1, 0);
    memory.grew(89 * MIB);
    expect(memory.isShort).toBe(false);
    memory.grew(2 * MIB);
    expect(memory.isShort).toBe(true);
    vi.advanceTimersByTime(1_000);
    expect(memory.isShort).toBe(false);
    expect(evicted).toEqual([]);
  });

  it('evicts sockets also if each has little', () => {
    const all = holders(20_000, 0);
    vi.advanceTimersByTime(1_000);
    expect(all.filter(({ isEvicted }) => !isEvicted).length * SOCKET_BYTES).toBeLessThanOrEqual(100 * MIB);
    expect(evicted.length).toBeGreaterThan(2_000);
  });

  it('measures ten thousand sockets within milliseconds', () => {
    holders(10_000, 100);
    const startedAt = process.hrtime.bigint();
    for (let times = 0; times < 10; times += 1) memory.measure();
    expect(Number(process.hrtime.bigint() - startedAt) / 1e7).toBeLessThan(50);
  });
});
