import type { Column, Sample } from './sample.js';

/** Something over a quarter of a run. NaN where there are no samples. */
export interface Quarter {
  mean: number;
  /** Of memory: what is left when Node.js has just collected its garbage. */
  lowest: number;
}

/** How something went on after the first quarter of a run, in which it warms up. */
export interface Growth {
  column: Column;
  /** The second quarter. */
  settled: Quarter;
  last: Quarter;
  /** The mean of the last by that of the settled one: 1 where nothing grows. */
  ratio: number;
}

/** @param lengthS of the whole run */
export function growthOf(samples: readonly Sample[], column: Column, lengthS: number): Growth {
  const settled = quarterOf(samples, column, lengthS, 1);
  const last = quarterOf(samples, column, lengthS, 3);
  return { column, settled, last, ratio: last.mean / settled.mean };
}

/** @param index 0 to 3 */
function quarterOf(samples: readonly Sample[], column: Column, lengthS: number, index: number): Quarter {
  const [from, to] = [(lengthS * index) / 4, (lengthS * (index + 1)) / 4];
  const values = samples.filter(({ at_s }) => at_s > from && at_s <= to).map((sample) => sample[column]);
  if (values.length === 0) return { mean: NaN, lowest: NaN };
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    lowest: Math.min(...values),
  };
}
