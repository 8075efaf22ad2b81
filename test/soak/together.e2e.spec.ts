import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { together, type Work } from './together.js';

const HOUR_MS = 3_600_000;

function untilStopped(): { work: Work; stopped: () => boolean } {
  let stopped = false;
  const work: Work = async (signal) => {
    if (!signal.aborted) await once(signal, 'abort');
    stopped = true;
  };
  return { work, stopped: () => stopped };
}

describe('concurrent work', () => {
  it('is stopped at its time limit', async () => {
    const [one, other] = [untilStopped(), untilStopped()];
    await together([one.work, other.work], 10);
    expect([one.stopped(), other.stopped()]).toEqual([true, true]);
  });

  it('is stopped when a part fails, with the reason', async () => {
    const one = untilStopped();
    const failing = (): Promise<void> => Promise.reject(new Error('it broke'));
    await expect(together([one.work, failing], HOUR_MS)).rejects.toThrow('it broke');
    expect(one.stopped()).toBe(true);
  });

  it('is stopped on interruption', async () => {
    const one = untilStopped();
    const interrupted = new AbortController();
    const running = together([one.work], HOUR_MS, interrupted.signal);
    interrupted.abort(new Error('interrupted'));
    await expect(running).rejects.toThrow('interrupted');
    expect(one.stopped()).toBe(true);
  });
});
