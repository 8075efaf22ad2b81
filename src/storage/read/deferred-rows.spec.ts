import { describe, expect, it } from 'vitest';
import { deferredRows } from './deferred-rows.js';

async function* numbers(onReturn: () => void): AsyncGenerator<number> {
  try {
    yield await Promise.resolve(1);
    yield 2;
  } finally {
    onReturn();
  }
}

describe('deferredRows', () => {
  it('determines the source with the first row, and not before', async () => {
    let calls = 0;
    const rows = deferredRows(() => {
      calls += 1;
      return Promise.resolve(numbers(() => undefined));
    });
    const iterator = rows[Symbol.asyncIterator]();
    expect(calls).toBe(0);
    expect([await iterator.next(), await iterator.next(), await iterator.next()]).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: undefined },
    ]);
    expect(calls).toBe(1);
  });

  it('fails with the error of the source', async () => {
    const rows = deferredRows(() => Promise.reject(new Error('unknown')));
    await expect(rows[Symbol.asyncIterator]().next()).rejects.toThrow('unknown');
  });

  it('aborts the source on return, and ends without an error', async () => {
    const rows = deferredRows<number>(
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    const iterator = rows[Symbol.asyncIterator]();
    const next = iterator.next();
    await iterator.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('returns the iterator of the source', async () => {
    let returned = 0;
    const rows = deferredRows(() => Promise.resolve(numbers(() => (returned += 1))));
    const iterator = rows[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    expect(returned).toBe(1);
  });
});
