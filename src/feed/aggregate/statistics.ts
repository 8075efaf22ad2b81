/**
 * As `percentile_cont` of PostgreSQL.
 *
 * @param sorted ascending, not empty
 * @param part 0.5 for the median
 */
export function percentile(sorted: readonly number[], part: number): number {
  const place = part * (sorted.length - 1);
  const first = Math.floor(place);
  const low = sorted[first] ?? NaN;
  const high = sorted[Math.ceil(place)] ?? NaN;
  return low === high ? low : low + (place - first) * (high - low);
}

/** The mean of whole numbers, as JSON: every digit where it is whole, else the nearest double. */
export function meanOfWhole(sum: bigint, count: number): string {
  const of = BigInt(count);
  const rest = sum % of;
  const whole = sum / of;
  return rest === 0n ? whole.toString() : jsonNumber(Number(whole) + Number(rest) / count);
}

/** The mean of numbers, with what their sum rounds off added again. */
export function mean(numbers: readonly number[]): number {
  const sum = compensatedSum(numbers, 1);
  return Number.isFinite(sum) ? sum / numbers.length : compensatedSum(numbers, numbers.length);
}

/** Neumaier's sum of numbers that are divided first. */
function compensatedSum(numbers: readonly number[], divisor: number): number {
  let sum = 0;
  let rest = 0;
  for (const number of numbers) {
    const value = number / divisor;
    const next = sum + value;
    rest += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + rest;
}

export function jsonNumber(number: number): string {
  return Number.isFinite(number) ? number.toString() : 'null';
}
