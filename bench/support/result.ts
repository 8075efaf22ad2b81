type Value = number | string;

/** Prints a table for people, and the same as one JSON object in the last line for scripts. */
export function printResult(result: Record<string, Value | Record<string, Value>>): void {
  console.table(
    Object.entries(result).flatMap(([name, value]) =>
      typeof value === 'object'
        ? Object.entries(value).map(([part, inner]) => ({ what: `${name}.${part}`, value: inner }))
        : [{ what: name, value }],
    ),
  );
  console.log(JSON.stringify(result));
}

/** Of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const [low = NaN, high = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

export function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
