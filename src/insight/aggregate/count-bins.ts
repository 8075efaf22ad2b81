/**
 * The least count of each bin of a histogram of counts, such as peers: from 4 on each is about 1.41 times the one before.
 * The last bin has all larger counts, too.
 */
export const COUNT_BOUNDS: readonly number[] = [
  0,
  ...new Set(Array.from({ length: 31 }, (_, index) => Math.ceil(2 ** (index / 2) - 1e-9))),
];

/** The bin of a count: an integer, 0 or more. */
export function countBinOf(count: number): number {
  let bin = 0;
  while (count >= (COUNT_BOUNDS[bin + 1] ?? Infinity)) bin += 1;
  return bin;
}

/**
 * A quantile of counts, by their histogram.
 *
 * @returns the middle of its bin: at most a fifth off; null if there are no counts
 */
export function countQuantile(bins: Iterable<number>, share: number): number | null {
  const counts = [...bins];
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let rank = Math.max(1, Math.ceil(share * total));
  for (const [bin, count] of counts.entries()) {
    rank -= count;
    if (rank > 0) continue;
    const least = COUNT_BOUNDS[bin] ?? 0;
    const most = (COUNT_BOUNDS[bin + 1] ?? least + 1) - 1;
    return Math.round((least + most) / 2);
  }
  return null;
}

/**
 * The median of counts, by their histogram. Those of a bin are assumed to be spread evenly over it, so that half a block
 * shows: of the counts 2 and 3, equally frequent, it is 2.5.
 *
 * @returns null if there are no counts
 */
export function countMedian(bins: readonly number[]): number | null {
  const total = bins.reduce((sum, count) => sum + count, 0);
  let rank = total / 2;
  for (const [bin, count] of bins.entries()) {
    const least = COUNT_BOUNDS[bin] ?? 0;
    const next = COUNT_BOUNDS[bin + 1] ?? least + 1;
    if (count > 0 && rank <= count) return least - 0.5 + (rank / count) * (next - least);
    rank -= count;
  }
  return null;
}
