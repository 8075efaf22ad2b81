import { describe, expect, it } from 'vitest';
import {
  type AddressedClient,
  FairQueue,
  FairQueueByAddress,
  FairSemaphore,
  SemaphoreFullError,
} from './fair-queue.js';

describe('FairQueue', () => {
  it('takes items of keys in turn, so that a key with few passes one with many', () => {
    const queue = new FairQueue<string, string>();
    for (let n = 0; n < 5; n += 1) queue.add('many', `many ${n.toString()}`);
    queue.add('few', 'few 0');
    queue.add('many', 'many 0');
    expect(queue.size).toBe(6);
    const taken: string[] = [];
    for (let next = queue.take(); next !== undefined; next = queue.take()) {
      taken.push(next.item);
      if (next.item === 'many 1') queue.add('late', 'late 0');
    }
    expect(taken).toEqual(['many 0', 'few 0', 'many 1', 'many 2', 'late 0', 'many 3', 'many 4']);
    expect(queue.take()).toBeUndefined();
    expect(queue.size).toBe(0);
  });

  it('skips keys that may not be taken, and deleted items', () => {
    const queue = new FairQueue<string, number>();
    for (const [key, item] of [
      ['a', 1],
      ['a', 2],
      ['b', 3],
      ['b', 4],
    ] as const) {
      queue.add(key, item);
    }
    queue.delete('b', 3);
    queue.delete('c', 3);
    expect([queue.sizeOf('a'), queue.sizeOf('b'), queue.sizeOf('c')]).toEqual([2, 1, 0]);
    expect(queue.take((key) => key !== 'a')).toEqual({ key: 'b', item: 4 });
    expect(queue.take((key) => key !== 'a')).toBeUndefined();
    expect(queue.take()).toEqual({ key: 'a', item: 1 });
  });
});

describe('FairQueueByAddress', () => {
  it('gives many clients of one address the turns of one', () => {
    const queue = new FairQueueByAddress<AddressedClient, string>();
    const client = (address: string): AddressedClient => ({ address });
    for (let n = 0; n < 3; n += 1) queue.add(client('a'), `a${n.toString()}`);
    const busy = client('b');
    for (let n = 0; n < 3; n += 1) queue.add(busy, `b${n.toString()}`);
    queue.add(client('c'), 'c0');
    const taken: string[] = [];
    for (let next = queue.take(); next !== undefined; next = queue.take()) taken.push(next.item);
    expect(taken).toEqual(['a0', 'b0', 'c0', 'a1', 'b1', 'a2', 'b2']);
  });
});

const LIMITS = { permits: 2, permitsPerKey: 1, waiting: 4, waitingPerKey: 3 };

/** Resolves after all promises that can be settled. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Acquires permits, and records the order in which they were granted. */
class Permits {
  readonly granted: string[] = [];
  readonly semaphore = new FairSemaphore(() => LIMITS);
  private readonly releases = new Map<string, () => void>();

  acquire(key: string, name: string, signal?: AbortSignal): Promise<void> {
    return this.semaphore.acquire(key, signal).then((release) => {
      this.granted.push(name);
      this.releases.set(name, release);
    });
  }

  async release(name: string): Promise<void> {
    this.releases.get(name)?.();
    await settled();
  }
}

describe('FairSemaphore', () => {
  it('grants permits up to its limits, in total and per key', async () => {
    const permits = new Permits();
    for (const [key, name] of [
      ['a', 'a1'],
      ['a', 'a2'],
      ['b', 'b1'],
      ['c', 'c1'],
    ] as const) {
      void permits.acquire(key, name);
    }
    await settled();
    expect(permits.granted).toEqual(['a1', 'b1']);
    expect(permits.semaphore.waitingCount).toBe(2);
  });

  it('grants permits to keys in turn', async () => {
    const permits = new Permits();
    for (const name of ['a1', 'a2', 'a3', 'b1', 'c1']) void permits.acquire(name.charAt(0), name);
    await settled();
    await permits.release('a1');
    await permits.release('b1');
    await permits.release('c1');
    await permits.release('a2');
    expect(permits.granted).toEqual(['a1', 'b1', 'a2', 'c1', 'a3']);
  });

  it('rejects acquisitions that would exceed the limits of waiting ones', async () => {
    const permits = new Permits();
    for (const name of ['a1', 'a2', 'a3', 'a4']) void permits.acquire('a', name);
    await expect(permits.semaphore.acquire('a')).rejects.toThrow(SemaphoreFullError);
    await permits.acquire('b', 'b1');
    void permits.acquire('c', 'c1');
    await expect(permits.semaphore.acquire('d')).rejects.toThrow(SemaphoreFullError);
  });

  it('removes an acquisition whose signal aborts, and releases a permit once', async () => {
    const permits = new Permits();
    void permits.acquire('a', 'a1');
    const abort = new AbortController();
    const aborted = expect(permits.acquire('a', 'a2', abort.signal)).rejects.toThrow('gone');
    void permits.acquire('a', 'a3');
    void permits.acquire('a', 'a4');
    abort.abort(new Error('gone'));
    await aborted;
    await permits.release('a1');
    await permits.release('a1');
    expect(permits.granted).toEqual(['a1', 'a3']);
  });
});
