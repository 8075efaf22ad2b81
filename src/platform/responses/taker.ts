/** An answer that its client takes. */
export interface Taker {
  /** Since when the client has taken nothing, by `performance.now()`; undefined while it is not waited for. */
  readonly stalledSince: number | undefined;
  /** For how long the client was waited for in all: milliseconds. */
  readonly waitedMs: number;
  /** What it took in a second of that; any number where it was not waited for. */
  readonly pace: number;
  /** Others need what it has: it ends at once. */
  evict(): void;
}

/** @returns the one whose client has taken nothing for longest, if that is so long: milliseconds */
export function longestStalled(takers: Iterable<Taker>, afterMs: number): Taker | undefined {
  let found: Taker | undefined;
  for (const taker of takers) {
    if ((taker.stalledSince ?? Infinity) < (found?.stalledSince ?? Infinity)) found = taker;
  }
  const since = found?.stalledSince ?? Infinity;
  return performance.now() - since >= afterMs ? found : undefined;
}

/**
 * @param waitedMs only those that were waited for so long
 * @returns the one whose client takes least in a second, if that is less than so many bytes
 */
export function slowest(takers: Iterable<Taker>, waitedMs: number, bytesPerS: number): Taker | undefined {
  let found: Taker | undefined;
  for (const taker of takers) {
    if (taker.waitedMs >= waitedMs && taker.pace < (found?.pace ?? bytesPerS)) found = taker;
  }
  return found;
}
