/** Work took longer than its limit. */
export class DeadlineExceededError extends Error {
  override readonly name = 'DeadlineExceededError';

  /** @param limitMs milliseconds */
  constructor(limitMs: number) {
    super(`no result within ${(limitMs / 1000).toString()} s`);
  }
}

/**
 * Runs work with a time limit. Passes `work` a signal that aborts at the limit or with the outer signal. Work that
 * ignores the signal continues, but its result and its errors are ignored.
 *
 * @param limitMs milliseconds
 * @param late what is thrown at the limit. By its identity, a caller tells it from a DeadlineExceededError of the work
 * @throws DeadlineExceededError at the limit
 * @throws the reason of the outer signal, and what the work throws before
 */
export async function withDeadline<T>(
  limitMs: number,
  work: (signal: AbortSignal) => T | Promise<T>,
  outer?: AbortSignal,
  late?: DeadlineExceededError,
): Promise<T> {
  outer?.throwIfAborted();
  const limit = new AbortController();
  const abort = (): void => limit.abort(outer?.reason);
  // AbortSignal.timeout lets the process end while it waits, and AbortSignal.any of Node.js 20 never frees its entry
  // in a signal that outlives it.
  const timer = setTimeout(() => limit.abort(late ?? new DeadlineExceededError(limitMs)), limitMs);
  outer?.addEventListener('abort', abort, { once: true });
  try {
    const running = (async () => await work(limit.signal))();
    return await untilAborted(running, limit.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
  }
}

/**
 * Waits for work that may ignore the signal. After an abort the result and the errors of the work are ignored.
 *
 * @throws the reason of the signal, and what the work throws before
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  signal.throwIfAborted();
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
  });
  aborted.catch(() => undefined);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
