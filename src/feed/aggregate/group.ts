import type { Sample } from './sample.js';

/** The aggregates of the samples of an interval. */
export const AGGREGATE_TYPES = ['mean', 'median', 'min', 'max', 'percentile90', 'p50', 'p95', 'p99'] as const;
export type AggregateType = (typeof AGGREGATE_TYPES)[number];

/** The fractions of percentiles. */
const PERCENTILES: Partial<Record<AggregateType, number>> = {
  median: 0.5,
  p50: 0.5,
  percentile90: 0.9,
  p95: 0.95,
  p99: 0.99,
};

/**
 * Like `percentile_cont` of PostgreSQL.
 *
 * @param sorted ascending, not empty
 * @param fraction 0.5 for the median
 */
export function percentile(sorted: readonly number[], fraction: number): number {
  const index = fraction * (sorted.length - 1);
  const first = Math.floor(index);
  const low = sorted[first] ?? NaN;
  const high = sorted[Math.ceil(index)] ?? NaN;
  return low === high ? low : low + (index - first) * (high - low);
}

/** The mean of integers, as JSON: exact if it is an integer, otherwise the nearest double. */
export function meanOfIntegers(sum: bigint, count: number): string {
  const of = BigInt(count);
  const rest = sum % of;
  const whole = sum / of;
  return rest === 0n ? whole.toString() : jsonNumber(Number(whole) + Number(rest) / count);
}

/** The mean of numbers, with a compensated sum. */
export function mean(numbers: readonly number[]): number {
  const sum = compensatedSum(numbers, 1);
  return Number.isFinite(sum) ? sum / numbers.length : compensatedSum(numbers, numbers.length);
}

/** Neumaier's sum of numbers divided by `divisor`. */
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

function jsonNumber(number: number): string {
  return Number.isFinite(number) ? number.toString() : 'null';
}

type Value = Pick<Sample, 'number' | 'whole'>;

/** Approximate memory of a group without its texts, of a character of these, which are stored twice, and of a sample. */
const GROUP_BYTES = 400;
const CHARACTER_BYTES = 2;
const SAMPLE_BYTES = 8;

/** The samples of an interval with the same target and name. */
export class Group {
  /** Number of its last change, among all groups of an aggregate. */
  seq = 0;
  private numbers: number[] = [];
  private sorted = true;
  private sum: bigint | undefined = 0n;
  private lowest: Value | undefined;
  private highest: Value | undefined;
  private readonly results = new Map<AggregateType, string>();

  /**
   * @param start of the interval: microseconds since the epoch
   * @param target JSON, as is the name
   */
  constructor(
    readonly start: number,
    readonly target: string,
    readonly name: string,
  ) {}

  /** Approximate memory in use. */
  get bytes(): number {
    const characters = this.target.length + this.name.length;
    return GROUP_BYTES + CHARACTER_BYTES * characters + SAMPLE_BYTES * this.numbers.length;
  }

  add(sample: Sample): void {
    this.numbers.push(sample.number);
    this.sorted = false;
    this.sum = this.sum === undefined || sample.whole === undefined ? undefined : this.sum + sample.whole;
    if (this.lowest === undefined || isLess(sample, this.lowest)) this.lowest = valueOf(sample);
    if (this.highest === undefined || isLess(this.highest, sample)) this.highest = valueOf(sample);
    this.results.clear();
  }

  /** A JSON number. */
  result(type: AggregateType): string {
    let result = this.results.get(type);
    if (result === undefined) this.results.set(type, (result = this.compute(type)));
    return result;
  }

  private compute(type: AggregateType): string {
    if (type === 'min') return digitsOf(this.lowest);
    if (type === 'max') return digitsOf(this.highest);
    if (type === 'mean' && this.sum !== undefined) return meanOfIntegers(this.sum, this.numbers.length);
    if (!this.sorted) this.numbers.sort((left, right) => left - right);
    this.sorted = true;
    // Of sorted numbers, so that the last digit does not depend on the order of arrival.
    if (type === 'mean') return jsonNumber(mean(this.numbers));
    return jsonNumber(percentile(this.numbers, PERCENTILES[type] ?? NaN));
  }
}

/** Without its texts, which are slices of the message and would keep it in memory. */
function valueOf({ number, whole }: Value): Value {
  return { number, whole };
}

function isLess(one: Value, other: Value): boolean {
  if (one.whole !== undefined && other.whole !== undefined) return one.whole < other.whole;
  return one.number < other.number;
}

function digitsOf(value: Value | undefined): string {
  return value?.whole?.toString() ?? jsonNumber(value?.number ?? NaN);
}
