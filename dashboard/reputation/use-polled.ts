import { useEffect } from 'preact/hooks';
import { type Loaded, useLoaded } from '../shared/loaded.js';

/**
 * Asks the server again and again, while somebody can see it.
 *
 * @param load is asked anew whenever `inputs` change
 * @returns what is there, which does not become "loading" while it is only asked for again, and how to ask at once
 */
export function usePolled<T>(
  load: (signal: AbortSignal) => Promise<T>,
  inputs: readonly unknown[],
  everyMs: number,
): [Loaded<T>, () => void] {
  const [loaded, reload] = useLoaded(load, inputs);
  const { state } = loaded;
  useEffect(() => {
    // From one answer to the next request, so that a slow server is not asked twice at once.
    if (state === 'loading') return;
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [state, reload, everyMs]);
  const steady: Loaded<T> =
    loaded.state === 'loading' && loaded.value !== undefined
      ? { state: 'done', value: loaded.value }
      : loaded;
  return [steady, reload];
}
