import { describe, expect, it } from 'vitest';
import type { OpenResponse } from './response-body.js';
import { ResponseLimits } from './response-limits.js';
import { ResponseMemory } from './response-memory.js';
import { StreamSlots } from './stream-slots.js';

/** A response with the given client behavior. */
class Client implements OpenResponse {
  isEvicted = false;
  readonly stalledSince: number | undefined;
  readonly waitedMs: number;
  readonly bytesPerWaitS: number;

  constructor({
    stalledMs,
    waitedMs = stalledMs ?? 0,
    bytesPerWaitS = 1e6,
  }: Partial<Record<string, number>> = {}) {
    this.stalledSince = stalledMs === undefined ? undefined : performance.now() - stalledMs;
    this.waitedMs = waitedMs;
    this.bytesPerWaitS = bytesPerWaitS;
  }

  evict(): void {
    this.isEvicted = true;
  }
}

const evicted = (clients: readonly Client[]): number[] =>
  clients.flatMap(({ isEvicted }, index) => (isEvicted ? [index] : []));

describe('ResponseMemory', () => {
  const memoryOf = (limits: Partial<ResponseLimits>): ResponseMemory =>
    new ResponseMemory(
      Object.assign(new ResponseLimits(), { bufferedBytes: 60, bufferedBytesOfAddress: 30, ...limits }),
    );

  it('evicts the response that is stalled for longest, of all or of the address', () => {
    const memory = memoryOf({});
    const clients = [1_500, 3_000, 2_000, 0].map((stalledMs) => new Client({ stalledMs }));
    clients.forEach((client, index) => memory.add(client, index < 2 ? 'a' : 'b', 15));
    expect(memory.add(new Client(), 'c', 10)).toBeUndefined();
    expect(evicted(clients)).toEqual([1]);
    expect(memory.add(new Client(), 'b', 10)).toBeUndefined();
    expect(evicted(clients)).toEqual([1, 2]);
    expect(memory.size).toBe(15 + 15 + 10 + 10);
  });

  it('evicts no client that is reading, and returns why there is no room', () => {
    const memory = memoryOf({});
    const clients = ['a', 'b', 'c', 'd'].map((address) => {
      const client = new Client({ stalledMs: 100 });
      memory.add(client, address, 15);
      return client;
    });
    expect(memory.add(new Client(), 'e', 10)).toBe('memory');
    expect(memory.add(new Client(), 'a', 16)).toBe('memory_of_address');
    expect(evicted(clients)).toEqual([]);
    expect(memory.size).toBe(60);
  });

  it('evicts a response of the address with the most bytes, for an address with fewer', () => {
    const memory = memoryOf({});
    const clients = ['a', 'a', 'a', 'b', 'b', 'b'].map((address, index) => {
      const client = new Client({ stalledMs: 10 + index });
      memory.add(client, address, 10);
      return client;
    });
    expect(memory.add(new Client(), 'c', 10)).toBeUndefined();
    expect(evicted(clients)).toEqual([2]);
    expect(memory.add(new Client(), 'c', 10)).toBeUndefined();
    expect(evicted(clients)).toEqual([2, 5]);
    expect(memory.add(new Client(), 'c', 10)).toBe('memory');
  });

  it('evicts the slowest client, once it was waited for long enough', () => {
    const memory = memoryOf({});
    const clients = [20, 10, 30, 1e6].map(
      (bytesPerWaitS) => new Client({ stalledMs: 5, waitedMs: 70_000, bytesPerWaitS }),
    );
    clients.forEach((client, index) => memory.add(client, index.toString(), 15));
    expect(memory.add(new Client(), 'e', 10)).toBeUndefined();
    expect(evicted(clients)).toEqual([1]);
  });

  it('subtracts removed bytes, and no more than were added', () => {
    const memory = memoryOf({});
    const client = new Client();
    memory.add(client, 'a', 20);
    memory.remove(client, 5);
    expect(memory.size).toBe(15);
    memory.remove(client, 20);
    memory.remove(client, 20);
    expect(memory.size).toBe(0);
    expect(memory.add(client, 'a', 30)).toBeUndefined();
  });
});

describe('StreamSlots', () => {
  const slotsOf = (clients: readonly Client[], addresses: readonly string[]): StreamSlots => {
    const slots = new StreamSlots(new ResponseLimits());
    clients.forEach((client, index) => slots.enter(client, addresses[index] ?? ''));
    return slots;
  };

  it('evicts the oldest stream of an address with two, for an address without any', () => {
    const clients = [1, 2, 3, 4].map(() => new Client());
    const slots = slotsOf(clients, ['a', 'b', 'b', 'a']);
    expect(slots.enter(new Client(), 'c')).toBeUndefined();
    expect(slots.enter(new Client(), 'd')).toBeUndefined();
    expect(evicted(clients)).toEqual([0, 1]);
    expect(slots.enter(new Client(), 'e')).toBe('streams');
    expect(slots.size).toBe(4);
  });

  it('evicts no stream of an address within its share', () => {
    const clients = [1, 2, 3, 4].map(() => new Client());
    const slots = slotsOf(clients, ['a', 'a', 'b', 'c']);
    expect(slots.enter(new Client(), 'b')).toBe('streams');
    expect(slots.enter(new Client(), 'a')).toBe('streams_of_address');
    expect(evicted(clients)).toEqual([]);
  });

  it('evicts the slowest client that was waited for long enough', () => {
    const clients = [
      new Client({ waitedMs: 59_000, bytesPerWaitS: 1 }),
      new Client({ waitedMs: 61_000, bytesPerWaitS: 17 * 1024 }),
      new Client({ waitedMs: 61_000, bytesPerWaitS: 16 * 1024 }),
      new Client({ waitedMs: 61_000, bytesPerWaitS: 1e6 }),
    ];
    const slots = slotsOf(clients, ['a', 'b', 'c', 'd']);
    expect(slots.enter(new Client(), 'e')).toBeUndefined();
    expect(evicted(clients)).toEqual([2]);
    expect(slots.enter(new Client(), 'f')).toBeUndefined();
    expect(evicted(clients)).toEqual([1, 2]);
    expect(slots.enter(new Client(), 'g')).toBe('streams');
  });
});
