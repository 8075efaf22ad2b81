/** Probabilities that differ by less are equal: they are sums of products. */
const TOLERANCE = 1e-7;

/**
 * Fisher's exact test of a table of two by two counts, two-sided: how probable a table with these sums of rows and columns
 * is that is as improbable as this one, or more.
 *
 * @returns 0 to 1; 0 also if it is too small for a number
 */
export function fisherExact([[a, b], [c, d]]: readonly [
  readonly [number, number],
  readonly [number, number],
]): number {
  // Probabilities of the other tables relative to that of this one, by the quotient of neighbours in the hypergeometric
  // distribution. So no factorial is needed, which would be too large.
  let below = 0;
  let all = 1;
  const add = (weight: number): void => {
    all += weight;
    if (weight <= 1 + TOLERANCE) below += weight;
  };
  for (let step = 0, weight = 1; step < Math.min(b, c); step += 1) {
    weight *= ((b - step) * (c - step)) / ((a + step + 1) * (d + step + 1));
    add(weight);
  }
  for (let step = 0, weight = 1; step < Math.min(a, d); step += 1) {
    weight *= ((a - step) * (d - step)) / ((b + step + 1) * (c + step + 1));
    add(weight);
  }
  return all === Infinity ? 0 : Math.min(1, (1 + below) / all);
}
