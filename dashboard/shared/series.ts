/** Times in seconds since the epoch, ascending, and a value of each column for each time; null: no value. */
export interface Series {
  times: number[];
  columns: (number | null)[][];
  /** After downsampling: the minimum and maximum of the values of each point. */
  low?: (number | null)[][];
  high?: (number | null)[][];
}

/** Breaks lines at gaps longer than `gapS` seconds. */
export function withGaps({ times, columns }: Series, gapS: number): Series {
  const broken = empty(columns);
  times.forEach((time, at) => {
    const before = times[at - 1];
    if (before !== undefined && time - before > gapS) push(broken, (before + time) / 2, () => null);
    push(broken, time, (column) => columns[column]?.[at] ?? null);
  });
  return broken;
}

/**
 * Reduces a series to about `points` points, one per bucket of time: its mean, and in `low` and `high` its extremes, so
 * that no spike is lost. A shorter series is returned unchanged.
 */
export function downsample(series: Series, points: number): Series {
  const { times, columns } = series;
  if (times.length <= points) return series;
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const width = (last - first) / points || 1;
  const bucket = (at: number): number => Math.floor(((times[at] ?? 0) - first) / width);
  const [mean, low, high] = [empty(columns), empty(columns), empty(columns)];
  let from = 0;
  while (from < times.length) {
    let to = from + 1;
    while (to < times.length && bucket(to) === bucket(from)) to += 1;
    const summaries = columns.map((column) => summaryOf(column, from, to));
    const time = ((times[from] ?? 0) + (times[to - 1] ?? 0)) / 2;
    push(mean, time, (column) => summaries[column]?.mean ?? null);
    push(low, time, (column) => summaries[column]?.low ?? null);
    push(high, time, (column) => summaries[column]?.high ?? null);
    from = to;
  }
  return { ...mean, low: low.columns, high: high.columns };
}

function empty(columns: Series['columns']): Series {
  return { times: [], columns: columns.map(() => []) };
}

function push(series: Series, time: number, value: (column: number) => number | null): void {
  series.times.push(time);
  series.columns.forEach((column, at) => column.push(value(at)));
}

function summaryOf(
  column: readonly (number | null)[],
  from: number,
  to: number,
): { mean: number; low: number; high: number } | null {
  let [sum, count, low, high] = [0, 0, Infinity, -Infinity];
  for (let at = from; at < to; at += 1) {
    const value = column[at] ?? null;
    if (value === null) continue;
    sum += value;
    count += 1;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return count === 0 ? null : { mean: sum / count, low, high };
}
