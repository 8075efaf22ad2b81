import { BIN_BASE_MS, BIN_RATIO } from './quantiles.js';

/**
 * A quantile of delays, by their histogram: see `binsOf`. Delays of a bin are assumed to be spread evenly over it.
 *
 * @param total the number of delays with those that are infinite, which are in no bin
 * @returns milliseconds; null if that delay is infinite, or if there are none
 */
export function binQuantile(bins: readonly number[], share: number, total: number): number | null {
  if (total === 0) return null;
  let rank = share * total;
  for (const [bin, count] of bins.entries()) {
    if (count > 0 && rank <= count) return BIN_BASE_MS * BIN_RATIO ** (bin + rank / count);
    rank -= count;
  }
  return null;
}
