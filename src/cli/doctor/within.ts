import { inTime } from '../../platform/lifecycle/index.js';

/** Something did not come in time. */
export class LateError extends Error {
  override readonly name = 'LateError';

  /** @param limitMs how long it was waited for: milliseconds */
  constructor(limitMs: number) {
    super(`timeout after ${limitMs / 1000} s`);
  }
}

/**
 * Waits for a result, but not for longer. What is late goes on, and nobody hears of it any more.
 *
 * @param limitMs milliseconds
 * @throws LateError
 * @throws what the work throws in time
 */
export async function within<T>(limitMs: number, work: () => T | Promise<T>): Promise<T> {
  const running = Promise.resolve().then(work);
  if (await inTime(running, limitMs)) return await running;
  throw new LateError(limitMs);
}
