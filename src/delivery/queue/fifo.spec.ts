import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../../test/support/wait-until.js';
import { Fifo } from './fifo.js';

describe('Fifo', () => {
  it('returns items in order', () => {
    const fifo = new Fifo<number>();
    let pushed = 0;
    let taken = 0;
    for (let round = 0; round < 300; round += 1) {
      for (let count = 0; count < (round * 7) % 40; count += 1) fifo.push(pushed++);
      for (let count = 0; count < (round * 5) % 37 && taken < pushed; count += 1) {
        expect(fifo.shift()).toBe(taken++);
      }
      expect(fifo.size).toBe(pushed - taken);
    }
    while (taken < pushed) expect(fifo.shift()).toBe(taken++);
    expect(pushed).toBeGreaterThan(4096);
    expect(fifo.size).toBe(0);
    expect(fifo.shift()).toBeUndefined();
  });

  it('does not retain items that were taken', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const fifo = new Fifo<object>();
    const refs = Array.from({ length: 100 }, (_, number) => {
      const item = { number };
      fifo.push(item);
      return new WeakRef(item);
    });
    fifo.push({ number: 100 });
    for (let count = 0; count < 100; count += 1) fifo.shift();
    await waitUntil(
      () => {
        collect();
        return refs.every((ref) => ref.deref() === undefined);
      },
      { what: 'what was taken to be collected' },
    );
    expect(fifo.shift()).toEqual({ number: 100 });
  });

  it('iterates over the items that were not taken', () => {
    const fifo = new Fifo<number>();
    for (let n = 0; n < 3000; n += 1) fifo.push(n);
    for (let n = 0; n < 1500; n += 1) fifo.shift();
    expect([...fifo]).toEqual(Array.from({ length: 1500 }, (_, n) => n + 1500));
    expect(fifo.size).toBe(1500);
  });
});
