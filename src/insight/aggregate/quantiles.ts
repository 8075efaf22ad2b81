/**
 * The value below or at which a share of all values lies, by the nearest rank.
 *
 * @param sorted ascending
 * @param total the number of values with those that are infinite, which are not in `sorted`
 * @returns null if that value is infinite, or if there are none
 */
export function quantile(sorted: ArrayLike<number>, share: number, total = sorted.length): number | null {
  if (total === 0) return null;
  return sorted[Math.max(0, Math.ceil(share * total) - 1)] ?? null;
}

/** The middle value; the lower one of two. */
export function median(values: Iterable<number>): number | null {
  return quantile(sortedNumbers(values), 0.5);
}

/** Ascending; NaN is last. */
export function sortedNumbers(values: Iterable<number>): Float64Array {
  // Numbers in an array of floats sort without calls of a comparison.
  return new Float64Array(values).sort();
}

/** The lower bound of the first bin, and the upper one of the last: milliseconds. */
export const BIN_BASE_MS = 10;
const MOST_MS = 60_000;

/** Bins of a histogram from 10 ms to 60 s, whose sums give the quantiles of many minutes. The first has shorter delays, too. */
export const BIN_COUNT = 24;
/** The upper bound of a bin is so many times the lower one. */
export const BIN_RATIO = (MOST_MS / BIN_BASE_MS) ** (1 / BIN_COUNT);

/** Counts delays by bin. Longer ones than the last bound are in none. */
export function binsOf(delaysMs: Iterable<number>): number[] {
  const bins = new Array<number>(BIN_COUNT).fill(0);
  for (const delay of delaysMs) {
    const bin = binOf(delay);
    if (bin !== undefined) bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return bins;
}

/** The bin of a delay; undefined if it is longer than the last bound. */
export function binOf(delayMs: number): number | undefined {
  const bin = Math.max(0, Math.ceil(Math.log(delayMs / BIN_BASE_MS) / Math.log(BIN_RATIO) - 1e-9) - 1);
  return bin < BIN_COUNT ? bin : undefined;
}
