import { Logger } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { batch, row, snapshot } from '../../../test/support/batches.js';
import { AfterStoreHook } from './after-store-hook.port.js';
import { type HookMetrics, HookQueue } from './after-store-hooks.js';
import { KnownNodes } from './known-nodes.js';
import type { StoredBatch, StoredMessage } from './stored-messages.js';

const connection = snapshot();

/** A batch of numbered messages. */
const stored = (...numbers: number[]): StoredBatch => ({
  batch: batch({
    expiring: numbers.map((n) =>
      row({
        at: Date.now(),
        connectionId: connection.id,
        msg: n % 2 === 0 ? 'even' : 'odd',
        logs: JSON.stringify({ msg: n % 2 === 0 ? 'even' : 'odd', n }),
      }),
    ),
  }),
  rejected: [],
});

class TestHook extends AfterStoreHook {
  override get name(): string {
    return 'test';
  }

  override types?: ReadonlySet<string>;
  override queueBytes = 1024 * 1024;
  readonly seen: number[][] = [];
  readonly missing = undefined as unknown as { name: string };
  /** What a call does besides. */
  work: (signal: AbortSignal) => void | Promise<void> = () => undefined;

  override async handle(messages: readonly StoredMessage[], signal: AbortSignal): Promise<void> {
    await this.work(signal);
    this.seen.push(messages.map(({ payload }) => payload.n as number));
  }
}

describe('HookQueue', () => {
  let logged: string[];
  let counts: Record<string, number>;
  let bytes: number;
  let hook: TestHook;
  let queue: HookQueue;

  beforeEach(() => {
    logged = [];
    counts = {};
    for (const level of ['log', 'warn', 'error'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation((text: unknown) => {
        logged.push(`${level}: ${String(text).split('\n', 1).join('')}`);
      });
    }
    hook = new TestHook();
    queue = remade();
  });

  /** The limits of a hook are read when its queue is made. */
  const remade = (): HookQueue =>
    new HookQueue(hook, new KnownNodes(), {
      count: (_hook: string, outcome: string, messages: number) =>
        (counts[outcome] = (counts[outcome] ?? 0) + messages),
      queuedBytes: (_hook: string, waiting: number) => (bytes = waiting),
    } as unknown as HookMetrics);

  afterEach(() => void vi.restoreAllMocks());

  it('calls the hook with one batch after the other, and not in the turn of the event loop in which a batch is stored', async () => {
    for (const numbers of [[1, 2], [3], [4, 5]]) queue.offer(stored(...numbers));
    expect(hook.seen).toEqual([]);
    expect(bytes).toBeGreaterThan(0);
    await queue.idle();
    expect(hook.seen).toEqual([[1, 2], [3], [4, 5]]);
    expect([counts, bytes]).toEqual([{ handled: 5 }, 0]);
  });

  it('passes only the requested types, and does not call the hook without messages', async () => {
    hook.types = new Set(['even']);
    queue = remade();
    for (const numbers of [[1, 2], [3], [4]]) queue.offer(stored(...numbers));
    await queue.idle();
    expect([hook.seen, counts]).toEqual([[[2], [4]], { handled: 4 }]);
  });

  it('continues after the hook throws or rejects, and logs that once', async () => {
    const works = [
      () => {
        throw new Error('at once');
      },
      async () => {
        await setImmediate();
        throw new Error('later');
      },
      () => undefined,
    ];
    hook.work = () => works.shift()?.();
    for (const n of [1, 2, 3, 4]) queue.offer(stored(n));
    await queue.idle();
    expect([hook.seen, counts]).toEqual([[[3], [4]], { failed: 2, handled: 2 }]);
    expect(logged).toEqual([
      'warn: After-store hook test failed: Error: at once',
      'log: After-store hook test succeeds again.',
    ]);
  });

  it('logs an error that cannot be converted to a string', async () => {
    const works = [
      () => {
        throw Object.create(null);
      },
      () => {
        throw Object.defineProperty(new Error('x'), 'stack', { get: () => hook.missing.name });
      },
      () => undefined,
    ];
    hook.work = () => works.shift()?.();
    for (const n of [1, 2, 3]) queue.offer(stored(n));
    await queue.idle();
    expect([hook.seen, counts]).toEqual([[[3]], { failed: 2, handled: 1 }]);
    expect(logged).toEqual([
      'warn: After-store hook test failed: an error without a text',
      'log: After-store hook test succeeds again.',
    ]);
  });

  it('does not log a recovery before the hook was called again', async () => {
    hook.types = new Set(['even']);
    queue = remade();
    hook.work = () => {
      throw new Error('no');
    };
    for (const n of [2, 1, 4, 3, 6]) queue.offer(stored(n));
    await queue.idle();
    expect(counts).toEqual({ failed: 3, handled: 2 });
    expect(logged).toEqual(['warn: After-store hook test failed: Error: no']);
  });

  it('drops batches while it is full, but accepts a batch of any size while it is empty', async () => {
    hook.queueBytes = 100;
    queue = remade();
    let goOn: (() => void) | undefined;
    hook.work = () => new Promise((resolve) => (goOn = resolve));
    for (const n of [1, 2, 3]) queue.offer(stored(n));
    await vi.waitFor(() => expect(goOn).toBeDefined());
    goOn?.();
    await queue.idle();
    hook.work = () => undefined;
    queue.offer(stored(4));
    await queue.idle();
    expect([hook.seen, counts, bytes]).toEqual([[[1], [4]], { handled: 2, dropped: 2 }, 0]);
    expect(logged).toEqual([
      'warn: After-store hook test is too slow: its queue is full, and messages are dropped.',
      'log: After-store hook test has caught up.',
    ]);
  });

  it('aborts the hook at the end, and counts what was dropped', async () => {
    let began = false;
    hook.work = (signal) =>
      new Promise((_, reject) => {
        began = true;
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    for (const n of [1, 2]) queue.offer(stored(n));
    await vi.waitFor(() => expect(began).toBe(true));
    queue.end();
    queue.offer(stored(3));
    await queue.idle();
    expect([hook.seen, counts]).toEqual([[], { dropped: 2, failed: 1 }]);
  });
});
