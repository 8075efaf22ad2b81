import { useCallback, useEffect, useState } from 'preact/hooks';

/** The state of a request. */
export type Loaded<T> =
  /** `value`: the previous value, shown while the new one is loading. */
  | { state: 'loading'; value: T | undefined }
  | { state: 'done'; value: T }
  | { state: 'failed'; error: Error; value: T | undefined };

/**
 * Sends a request when `inputs` change, and aborts the previous one.
 *
 * @param load receives a signal that aborts obsolete requests; undefined: no request
 * @returns the state, and a function that repeats the request
 */
export function useLoaded<T>(
  load: ((signal: AbortSignal) => Promise<T>) | undefined,
  inputs: readonly unknown[],
): [Loaded<T>, () => void] {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading', value: undefined });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (load === undefined) return;
    const abort = new AbortController();
    setLoaded(({ value }) => ({ state: 'loading', value }));
    load(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) setLoaded({ state: 'done', value });
      },
      (cause: unknown) => {
        if (abort.signal.aborted) return;
        const error = cause instanceof Error ? cause : new Error(String(cause));
        setLoaded(({ value }) => ({ state: 'failed', error, value }));
      },
    );
    return () => abort.abort();
  }, [attempt, ...inputs]);
  return [loaded, useCallback(() => setAttempt((count) => count + 1), [])];
}
