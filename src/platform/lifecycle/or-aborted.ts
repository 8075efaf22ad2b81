import { once } from 'node:events';

/**
 * Waits for something that may not heed the signal.
 *
 * @throws the signal's reason, once it is aborted
 * @throws what the work throws before
 */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  signal.throwIfAborted();
  const done = new AbortController();
  const aborted = once(signal, 'abort', { signal: done.signal }).then(() => {
    throw signal.reason;
  });
  aborted.catch(() => undefined);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    done.abort();
  }
}
