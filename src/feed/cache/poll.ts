/**
 * Does work again and again, an interval after it began, until the signal aborts. Work that takes longer is followed
 * by the next at once.
 *
 * @param work does not fail
 */
export function poll(intervalMs: number, work: () => Promise<void>, signal: AbortSignal): void {
  let timer: NodeJS.Timeout | undefined;
  const schedule = (lastAt: number): void => {
    if (signal.aborted) return;
    const wait = Math.max(0, lastAt + intervalMs - performance.now());
    timer = setTimeout(() => {
      const startedAt = performance.now();
      void work().finally(() => schedule(startedAt));
    }, wait);
  };
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  schedule(performance.now());
}
