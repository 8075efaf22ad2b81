import { describe, expect, it } from 'vitest';
import { FairQueue, FairQueueFullError } from './fair-queue.js';

const LIMITS = { places: 2, placesOfKey: 1, waiting: 4, waitingOfKey: 3 };

/** Lets everything run that can. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Enters, and tells in which order places were given. */
class Entries {
  readonly begun: string[] = [];
  readonly queue = new FairQueue(() => LIMITS);
  private readonly leaves = new Map<string, () => void>();

  enter(key: string, name: string, signal?: AbortSignal): Promise<void> {
    return this.queue.enter(key, signal).then((leave) => {
      this.begun.push(name);
      this.leaves.set(name, leave);
    });
  }

  async leave(name: string): Promise<void> {
    this.leaves.get(name)?.();
    await settled();
  }
}

describe('FairQueue', () => {
  it('starts work up to its limits, in all and by key', async () => {
    const entries = new Entries();
    for (const [key, name] of [
      ['a', 'a1'],
      ['a', 'a2'],
      ['b', 'b1'],
      ['c', 'c1'],
    ] as const) {
      void entries.enter(key, name);
    }
    await settled();
    expect(entries.begun).toEqual(['a1', 'b1']);
    expect(entries.queue.size).toBe(2);
  });

  it('starts waiting work in turn by key', async () => {
    const entries = new Entries();
    for (const name of ['a1', 'a2', 'a3', 'b1', 'c1']) void entries.enter(name.charAt(0), name);
    await settled();
    await entries.leave('a1');
    await entries.leave('b1');
    await entries.leave('c1');
    await entries.leave('a2');
    expect(entries.begun).toEqual(['a1', 'b1', 'a2', 'c1', 'a3']);
  });

  it('rejects work above its limits on waiting', async () => {
    const entries = new Entries();
    for (const name of ['a1', 'a2', 'a3', 'a4']) void entries.enter('a', name);
    await expect(entries.queue.enter('a')).rejects.toThrow(FairQueueFullError);
    await entries.enter('b', 'b1');
    void entries.enter('c', 'c1');
    await expect(entries.queue.enter('d')).rejects.toThrow(FairQueueFullError);
  });

  it('removes work whose signal aborts, and ends work once', async () => {
    const entries = new Entries();
    void entries.enter('a', 'a1');
    const abort = new AbortController();
    const given = expect(entries.enter('a', 'a2', abort.signal)).rejects.toThrow('gone');
    void entries.enter('a', 'a3');
    void entries.enter('a', 'a4');
    abort.abort(new Error('gone'));
    await given;
    await entries.leave('a1');
    await entries.leave('a1');
    expect(entries.begun).toEqual(['a1', 'a3']);
  });
});
