import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DeadlineExceededError, untilAborted, withDeadline } from './index.js';

const never = new Promise<never>(() => undefined);

describe('withDeadline', () => {
  it('returns the result, and throws what the work throws in time', async () => {
    expect(await withDeadline(30_000, () => sleep(1, 'result'))).toBe('result');
    expect(await withDeadline(30_000, () => 'at once')).toBe('at once');
    await expect(
      withDeadline(30_000, () => {
        throw new Error('broken');
      }),
    ).rejects.toThrow('broken');
  });

  it('throws at the limit, and aborts the signal of the work', async () => {
    let signal: AbortSignal | undefined;
    const late = withDeadline(20, (given) => {
      signal = given;
      return never;
    });
    await expect(late).rejects.toThrow(new DeadlineExceededError(20));
    await expect(late).rejects.toThrow('no result within 0.02 s');
    expect(signal?.reason).toBeInstanceOf(DeadlineExceededError);
  });

  it('throws the given error at the limit, which differs from that of inner work', async () => {
    const late = new DeadlineExceededError(20);
    await expect(withDeadline(20, () => never, undefined, late)).rejects.toBe(late);
    const inner = withDeadline(30_000, () => withDeadline(20, () => never), undefined, late);
    await expect(inner).rejects.not.toBe(late);
    await expect(inner).rejects.toThrow(DeadlineExceededError);
  });

  it('throws the reason of the outer signal when that aborts first', async () => {
    const outer = new AbortController();
    const waiting = withDeadline(30_000, () => never, outer.signal);
    outer.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    let isCalled = false;
    await expect(withDeadline(30_000, () => (isCalled = true), outer.signal)).rejects.toThrow('stopped');
    expect(isCalled).toBe(false);
  });
});

describe('untilAborted', () => {
  it('returns the result, or throws the reason of the signal', async () => {
    const abort = new AbortController();
    expect(await untilAborted(Promise.resolve(1), abort.signal)).toBe(1);
    const waiting = untilAborted(never, abort.signal);
    abort.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    await expect(untilAborted(Promise.resolve(1), abort.signal)).rejects.toThrow('stopped');
  });
});
