/** More resamples change the bounds by less than one measurement does. */
const RESAMPLES = 1_000;
/** Of the statistics of all resamples, so many lie within the interval. */
const CONFIDENCE = 0.95;
/** The same values always give the same interval. */
const SEED = 0x9e3779b9;

/** A number for values in ascending order. */
export type Statistic = (sorted: Float64Array) => number;

/** The middle value, or the mean of the two middle ones. */
export const medianOf: Statistic = (sorted) => {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
};

export const meanOf: Statistic = (sorted) => sorted.reduce((sum, value) => sum + value, 0) / sorted.length;

export interface Estimate {
  value: number;
  /** The 95 % interval. */
  low: number;
  high: number;
}

/**
 * A statistic of values, and between which bounds it is known: by the percentiles of the bootstrap (Efron).
 *
 * @param values at least one
 */
export function bootstrap(values: readonly number[], statistic: Statistic): Estimate {
  const sorted = Float64Array.from(values).sort();
  const random = new IndexSource(SEED);
  const counts = new Uint32Array(sorted.length);
  const sample = new Float64Array(sorted.length);
  const statistics = Float64Array.from({ length: RESAMPLES }, () => {
    resample(sorted, { random, counts, sample });
    return statistic(sample);
  }).sort();
  const outside = ((1 - CONFIDENCE) / 2) * RESAMPLES;
  return {
    value: statistic(sorted),
    low: statistics[Math.floor(outside)] ?? NaN,
    high: statistics[RESAMPLES - 1 - Math.floor(outside)] ?? NaN,
  };
}

interface Scratch {
  random: IndexSource;
  counts: Uint32Array;
  sample: Float64Array;
}

/** Draws as many values as there are, with replacement. By how often each is drawn, so that the sample is in order. */
function resample(sorted: Float64Array, { random, counts, sample }: Scratch): void {
  counts.fill(0);
  for (let left = sorted.length; left > 0; left -= 1) {
    const index = random.below(sorted.length);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  // Without iterators, which would take most of the time.
  for (let index = 0, next = 0; index < sorted.length; index += 1) {
    const value = sorted[index] ?? NaN;
    for (let left = counts[index] ?? 0; left > 0; left -= 1, next += 1) sample[next] = value;
  }
}

/** Repeatable indexes: Marsaglia's xorshift generator of 32 bits. */
class IndexSource {
  constructor(private state: number) {}

  /** From 0 to one less than `count`. */
  below(count: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return Math.floor(((this.state >>> 0) / 2 ** 32) * count);
  }
}
