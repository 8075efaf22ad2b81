import { setImmediate } from 'node:timers/promises';
import { bootstrap, meanOf, medianOf, type Statistic } from './bootstrap.js';

/** Of fewer nodes, an interval would say more than they show. */
export const MIN_PAIRS = 10;

interface Measure {
  unit: string;
  /** Whether more or less of it is worse. */
  worseIf: 'more' | 'less';
  /** Most nodes do not restart: their median shows nothing. */
  statistic: Statistic;
  /** Decimal places that are shown. */
  digits: number;
}

/** What is compared before and after an upgrade. */
export const MEASURES = {
  propagation_delay: { unit: 'ms', worseIf: 'more', statistic: medianOf, digits: 1 },
  reach: { unit: 'share', worseIf: 'less', statistic: medianOf, digits: 4 },
  finality_lag: { unit: 'blocks', worseIf: 'more', statistic: medianOf, digits: 2 },
  blocks_behind: { unit: 'blocks', worseIf: 'more', statistic: medianOf, digits: 3 },
  peers: { unit: 'share', worseIf: 'less', statistic: medianOf, digits: 4 },
  restarts: { unit: 'restarts per day', worseIf: 'more', statistic: meanOf, digits: 3 },
  download: { unit: 'bytes per second', worseIf: 'more', statistic: medianOf, digits: 0 },
  upload: { unit: 'bytes per second', worseIf: 'more', statistic: medianOf, digits: 0 },
} as const satisfies Readonly<Record<string, Measure>>;

export type MeasureName = keyof typeof MEASURES;
export const MEASURE_NAMES = Object.keys(MEASURES) as MeasureName[];

/** Null where it is not known. */
export type Values = Readonly<Record<MeasureName, number | null>>;

/** A node before and after its upgrade. */
export interface Pair {
  before: Values;
  after: Values;
}

/** How a measure changed. All but the number of pairs is null if there are less than `MIN_PAIRS`. */
export interface Change {
  name: MeasureName;
  /** Nodes of which it is known before and after. */
  pairs: number;
  /** The median of the nodes, or the mean: that of their differences is not the difference of these. */
  before: number | null;
  after: number | null;
  /** Of the differences of each node; with its 95 % interval. */
  difference: number | null;
  low: number | null;
  high: number | null;
  /** Whether the whole interval is on the bad side of 0. */
  worse: boolean | null;
}

/** Compares each node with itself, measure by measure. */
export async function comparePairs(pairs: readonly Pair[]): Promise<Change[]> {
  const changes: Change[] = [];
  for (const name of MEASURE_NAMES) {
    changes.push(changeOf(name, pairs));
    // Each takes some milliseconds, in which no message is read.
    await setImmediate();
  }
  return changes;
}

/** Whether a measure is known on both sides. */
export function isPaired({ before, after }: Pair, name: MeasureName): boolean {
  return before[name] !== null && after[name] !== null;
}

function changeOf(name: MeasureName, pairs: readonly Pair[]): Change {
  const { statistic, worseIf, digits } = MEASURES[name];
  const known = pairs.filter((pair) => isPaired(pair, name));
  if (known.length < MIN_PAIRS) return { name, pairs: known.length, ...NOTHING };
  const before = known.map((pair) => pair.before[name] ?? NaN);
  const after = known.map((pair) => pair.after[name] ?? NaN);
  const differences = after.map((one, index) => one - (before[index] ?? NaN));
  const estimate = bootstrap(differences, statistic);
  // A difference that is too small to be shown is none. 0 is added because -0 is not 0 everywhere.
  const shown = (value: number): number => Number(value.toFixed(digits)) + 0;
  const [low, high] = [shown(estimate.low), shown(estimate.high)];
  return {
    name,
    pairs: known.length,
    before: shown(statistic(Float64Array.from(before).sort())),
    after: shown(statistic(Float64Array.from(after).sort())),
    difference: shown(estimate.value),
    low,
    high,
    worse: worseIf === 'more' ? low > 0 : high < 0,
  };
}

const NOTHING = { before: null, after: null, difference: null, low: null, high: null, worse: null };
