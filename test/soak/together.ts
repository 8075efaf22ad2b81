/** Goes on until it is told to stop. */
export type Work = (signal: AbortSignal) => Promise<void>;

/**
 * Lets works go on side by side for a time. Where one of them fails, the others are told to stop as well.
 *
 * @throws what one of them has thrown, or the reason of the signal, when all have stopped
 */
export async function together(
  works: readonly Work[],
  lengthMs: number,
  interrupted?: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), lengthMs);
  const signal = AbortSignal.any([over.signal, ...(interrupted === undefined ? [] : [interrupted])]);
  const running = works.map((work) => work(signal));
  for (const one of running) one.catch(() => over.abort());
  await Promise.allSettled(running);
  clearTimeout(timer);
  await Promise.all(running);
  interrupted?.throwIfAborted();
}
