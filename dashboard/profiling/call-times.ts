import type { Series } from '../shared/series.js';

/** The duration of a call, or the aggregate of an interval. */
export interface CallTime {
  /** Seconds since the epoch. */
  at: number;
  name: string;
  target: string;
  /** Nanoseconds. */
  ns: number;
}

/** The calls of a name and a target, oldest first. */
interface Line {
  times: number[];
  values: number[];
}

/** The calls of a name, with a line per target. */
export interface NamedCalls {
  labels: string[];
  data: Series;
  /** Number of targets; labels may contain fewer. */
  targets: number;
}

/** Share of the calls that is evicted above the maximum. */
const EVICTED_SHARE = 0.2;

/** Durations of calls by name and target. Above a maximum the oldest are evicted. */
export class CallTimes {
  private readonly lines = new Map<string, Map<string, Line>>();
  private readonly versions = new Map<string, number>();
  private changes = 0;
  private count = 0;
  private evictedBefore: number | undefined;

  /** @param maxCalls maximum number of calls */
  constructor(private readonly maxCalls: number) {}

  get size(): number {
    return this.count;
  }

  /** Calls before this time may be missing: seconds since the epoch. */
  get incompleteBefore(): number | undefined {
    return this.evictedBefore;
  }

  /** Increases when the calls of a name change. */
  versionOf(name: string): number {
    return this.versions.get(name) ?? 0;
  }

  /** @param replace replaces a call with the same name, target and time */
  add(call: CallTime, replace: boolean): void {
    const { at, name, target, ns } = call;
    const targets = getOrCreate(this.lines, name, () => new Map<string, Line>());
    const { times, values } = getOrCreate(targets, target, () => ({ times: [], values: [] }));
    this.changed(name);
    let index = times.length;
    while (index > 0 && (times[index - 1] ?? 0) > at) index -= 1;
    if (replace && index > 0 && times[index - 1] === at) {
      values[index - 1] = ns;
      return;
    }
    times.splice(index, 0, at);
    values.splice(index, 0, ns);
    this.count += 1;
    if (this.count > this.maxCalls) this.evict();
  }

  /** Removes calls before a time: seconds since the epoch. */
  dropBefore(start: number): void {
    for (const [name, targets] of this.lines) {
      for (const [target, { times, values }] of targets) {
        const newer = times.findIndex((at) => at >= start);
        const removed = newer < 0 ? times.length : newer;
        if (removed === 0) continue;
        this.count -= removed;
        times.splice(0, removed);
        values.splice(0, removed);
        this.changed(name);
        if (times.length === 0) targets.delete(target);
      }
      if (targets.size === 0) {
        this.lines.delete(name);
        this.versions.delete(name);
      }
    }
  }

  /** Sorted names that contain the text, or have a target that contains it. */
  names(filter: string): string[] {
    const wanted = filter.toLowerCase();
    const matches = (text: string): boolean => text.toLowerCase().includes(wanted);
    return [...this.lines]
      .filter(([name, targets]) => matches(name) || [...targets.keys()].some(matches))
      .map(([name]) => name)
      .sort();
  }

  /** @param maxTargets maximum number of targets; those with the most calls */
  named(name: string, maxTargets: number): NamedCalls {
    const targets = [...(this.lines.get(name) ?? new Map<string, Line>())];
    const shown = targets
      .sort(([, a], [, b]) => b.times.length - a.times.length)
      .slice(0, maxTargets)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      labels: shown.map(([target]) => (target === '' ? 'no target' : target)),
      data: seriesOf(shown.map(([, line]) => line)),
      targets: targets.length,
    };
  }

  private changed(name: string): void {
    this.versions.set(name, (this.changes += 1));
  }

  private evict(): void {
    const times = [...this.lines.values()].flatMap((targets) =>
      [...targets.values()].flatMap((line) => line.times),
    );
    const start = times.sort((a, b) => a - b)[Math.ceil(this.maxCalls * EVICTED_SHARE)] ?? 0;
    this.evictedBefore = Math.max(start, this.evictedBefore ?? start);
    this.dropBefore(start);
  }
}

function getOrCreate<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = create()));
  return value;
}

/** A column per line. Calls of a line at the same time have separate rows. */
function seriesOf(lines: readonly Line[]): Series {
  const all = lines.flatMap(({ times, values }, column) =>
    times.map((at, index) => ({ at, column, value: values[index] ?? null })),
  );
  const series: Series = { times: [], columns: lines.map(() => []) };
  for (const { at, column, value } of all.sort((a, b) => a.at - b.at)) {
    const last = series.times.length - 1;
    const own = series.columns[column];
    if (last >= 0 && series.times[last] === at && own?.[last] === null) {
      own[last] = value;
      continue;
    }
    series.times.push(at);
    series.columns.forEach((values, index) => values.push(index === column ? value : null));
  }
  return series;
}
