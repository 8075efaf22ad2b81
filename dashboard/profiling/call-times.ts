import type { Series } from '../shared/series.js';

/** How long a call took, or what is made of the calls of an interval. */
export interface CallTime {
  /** Seconds since the epoch. */
  at: number;
  name: string;
  target: string;
  /** Nanoseconds. */
  ns: number;
}

/** The times of the calls with a name and a target, by their time. */
interface Line {
  times: number[];
  values: number[];
}

/** The calls with a name: a line for each target. */
export interface NamedCalls {
  labels: string[];
  data: Series;
  /** How many targets there are; not all of them may be among the labels. */
  targets: number;
}

/** What is let go of when there is no more room. */
const LET_GO = 0.2;

/** Times of calls by their names and targets, at most so many of them: the newest. */
export class CallTimes {
  private readonly lines = new Map<string, Map<string, Line>>();
  private readonly versions = new Map<string, number>();
  private changes = 0;
  private count = 0;
  private letGoBefore: number | undefined;

  /** @param most times that are kept */
  constructor(private readonly most: number) {}

  get size(): number {
    return this.count;
  }

  /** Before this time some did not find room: seconds since the epoch. */
  get incompleteBefore(): number | undefined {
    return this.letGoBefore;
  }

  /** Grows when the calls with a name change. */
  versionOf(name: string): number {
    return this.versions.get(name) ?? 0;
  }

  /** @param replace takes the place of one that has the same name, target and time */
  add(call: CallTime, replace: boolean): void {
    const { at, name, target, ns } = call;
    const targets = entry(this.lines, name, () => new Map<string, Line>());
    const { times, values } = entry(targets, target, () => ({ times: [], values: [] }));
    this.changed(name);
    let place = times.length;
    while (place > 0 && (times[place - 1] ?? 0) > at) place -= 1;
    if (replace && place > 0 && times[place - 1] === at) {
      values[place - 1] = ns;
      return;
    }
    times.splice(place, 0, at);
    values.splice(place, 0, ns);
    this.count += 1;
    if (this.count > this.most) this.makeRoom();
  }

  /** Lets go of all that is older: seconds since the epoch. */
  dropBefore(start: number): void {
    for (const [name, targets] of this.lines) {
      for (const [target, { times, values }] of targets) {
        const newer = times.findIndex((at) => at >= start);
        const gone = newer < 0 ? times.length : newer;
        if (gone === 0) continue;
        this.count -= gone;
        times.splice(0, gone);
        values.splice(0, gone);
        this.changed(name);
        if (times.length === 0) targets.delete(target);
      }
      if (targets.size === 0) {
        this.lines.delete(name);
        this.versions.delete(name);
      }
    }
  }

  /** The names that have the text in them, or that a target with it has; sorted. */
  names(find: string): string[] {
    const wanted = find.toLowerCase();
    const hits = (text: string): boolean => text.toLowerCase().includes(wanted);
    return [...this.lines]
      .filter(([name, targets]) => hits(name) || [...targets.keys()].some(hits))
      .map(([name]) => name)
      .sort();
  }

  /** @param most targets: those with the most calls */
  named(name: string, most: number): NamedCalls {
    const targets = [...(this.lines.get(name) ?? new Map<string, Line>())];
    const shown = targets
      .sort(([, one], [, other]) => other.times.length - one.times.length)
      .slice(0, most)
      .sort(([one], [other]) => (one < other ? -1 : 1));
    return {
      labels: shown.map(([target]) => (target === '' ? 'no target' : target)),
      data: joined(shown.map(([, line]) => line)),
      targets: targets.length,
    };
  }

  private changed(name: string): void {
    this.versions.set(name, (this.changes += 1));
  }

  private makeRoom(): void {
    const times = [...this.lines.values()].flatMap((targets) =>
      [...targets.values()].flatMap((line) => line.times),
    );
    const start = times.sort((one, other) => one - other)[Math.ceil(this.most * LET_GO)] ?? 0;
    this.letGoBefore = Math.max(start, this.letGoBefore ?? start);
    this.dropBefore(start);
  }
}

function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** A column for each line. Several calls of a line at the same time have a place each. */
function joined(lines: readonly Line[]): Series {
  const all = lines.flatMap(({ times, values }, column) =>
    times.map((at, index) => ({ at, column, value: values[index] ?? null })),
  );
  const series: Series = { times: [], columns: lines.map(() => []) };
  for (const { at, column, value } of all.sort((one, other) => one.at - other.at)) {
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
