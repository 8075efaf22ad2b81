import { describe, expect, it } from 'vitest';
import { AnswerLimits } from './answer-limits.js';
import { AnswerMemory } from './answer-memory.js';
import { StreamLane } from './stream-lane.js';
import type { Taker } from './taker.js';

/** An answer whose client behaves as it is told to. */
class Client implements Taker {
  isEvicted = false;
  readonly stalledSince: number | undefined;
  readonly waitedMs: number;
  readonly pace: number;

  constructor({ stalledMs, waitedMs = stalledMs ?? 0, pace = 1e6 }: Partial<Record<string, number>> = {}) {
    this.stalledSince = stalledMs === undefined ? undefined : performance.now() - stalledMs;
    this.waitedMs = waitedMs;
    this.pace = pace;
  }

  evict(): void {
    this.isEvicted = true;
  }
}

const evicted = (clients: readonly Client[]): number[] =>
  clients.flatMap(({ isEvicted }, index) => (isEvicted ? [index] : []));

describe('the account of answers that are held', () => {
  const memoryOf = (limits: Partial<AnswerLimits>): AnswerMemory =>
    new AnswerMemory(
      Object.assign(new AnswerLimits(), { bufferedBytes: 60, bufferedBytesOfAddress: 30, ...limits }),
    );

  it('has the answer make room whose client has taken nothing for longest, of all or of the address', () => {
    const memory = memoryOf({});
    const clients = [1_500, 3_000, 2_000, 0].map((stalledMs) => new Client({ stalledMs }));
    clients.forEach((client, index) => memory.add(client, index < 2 ? 'a' : 'b', 15));
    expect(memory.add(new Client(), 'c', 10)).toBeUndefined();
    expect(evicted(clients)).toEqual([1]);
    expect(memory.add(new Client(), 'b', 10)).toBeUndefined();
    expect(evicted(clients)).toEqual([1, 2]);
    expect(memory.size).toBe(15 + 15 + 10 + 10);
  });

  it('lets nobody make room who takes what there is, and says why there is none', () => {
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

  it('has the address make room that holds most, while another holds less', () => {
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

  it('has the slowest client make room, once it was waited for long enough', () => {
    const memory = memoryOf({});
    const clients = [20, 10, 30, 1e6].map((pace) => new Client({ stalledMs: 5, waitedMs: 70_000, pace }));
    clients.forEach((client, index) => memory.add(client, index.toString(), 15));
    expect(memory.add(new Client(), 'e', 10)).toBeUndefined();
    expect(evicted(clients)).toEqual([1]);
  });

  it('forgets what is removed, and no more than that', () => {
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

describe('the places of streams', () => {
  const laneOf = (clients: readonly Client[], addresses: readonly string[]): StreamLane => {
    const lane = new StreamLane(new AnswerLimits());
    clients.forEach((client, index) => lane.enter(client, addresses[index] ?? ''));
    return lane;
  };

  it('are left by the oldest stream of an address with two, for an address that has none', () => {
    const clients = [1, 2, 3, 4].map(() => new Client());
    const lane = laneOf(clients, ['a', 'b', 'b', 'a']);
    expect(lane.enter(new Client(), 'c')).toBeUndefined();
    expect(lane.enter(new Client(), 'd')).toBeUndefined();
    expect(evicted(clients)).toEqual([0, 1]);
    expect(lane.enter(new Client(), 'e')).toBe('streams');
    expect(lane.size).toBe(4);
  });

  it('are kept by those that have their share', () => {
    const clients = [1, 2, 3, 4].map(() => new Client());
    const lane = laneOf(clients, ['a', 'a', 'b', 'c']);
    expect(lane.enter(new Client(), 'b')).toBe('streams');
    expect(lane.enter(new Client(), 'a')).toBe('streams_of_address');
    expect(evicted(clients)).toEqual([]);
  });

  it('are left by the slowest client that was waited for long enough', () => {
    const clients = [
      new Client({ waitedMs: 59_000, pace: 1 }),
      new Client({ waitedMs: 61_000, pace: 17 * 1024 }),
      new Client({ waitedMs: 61_000, pace: 16 * 1024 }),
      new Client({ waitedMs: 61_000, pace: 1e6 }),
    ];
    const lane = laneOf(clients, ['a', 'b', 'c', 'd']);
    expect(lane.enter(new Client(), 'e')).toBeUndefined();
    expect(evicted(clients)).toEqual([2]);
    expect(lane.enter(new Client(), 'f')).toBeUndefined();
    expect(evicted(clients)).toEqual([1, 2]);
    expect(lane.enter(new Client(), 'g')).toBe('streams');
  });
});
