import { type AggregateType, PERCENTILES } from './aggregate-type.js';
import type { Sample } from './sample.js';
import { jsonNumber, mean, meanOfWhole, percentile } from './statistics.js';

type Value = Pick<Sample, 'number' | 'whole'>;

/** What a group costs without its texts, a character of those, which are kept twice, and a sample: about. */
const GROUP_BYTES = 400;
const CHARACTER_BYTES = 2;
const SAMPLE_BYTES = 8;

/** The samples of an interval that have a target and a name in common. */
export class Group {
  /** Grows with each change, over all groups of an aggregate. */
  seq = 0;
  private numbers: number[] = [];
  private sorted = true;
  private sum: bigint | undefined = 0n;
  private lowest: Value | undefined;
  private highest: Value | undefined;
  private readonly results = new Map<AggregateType, string>();

  /**
   * @param start of the interval: microseconds since the epoch
   * @param target JSON, as the name
   */
  constructor(
    readonly start: number,
    readonly target: string,
    readonly name: string,
  ) {}

  /** What it takes, about. */
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
    if (type === 'mean' && this.sum !== undefined) return meanOfWhole(this.sum, this.numbers.length);
    if (!this.sorted) this.numbers.sort((left, right) => left - right);
    this.sorted = true;
    // Sorted, so that the order of arrival does not show in the last digit.
    if (type === 'mean') return jsonNumber(mean(this.numbers));
    return jsonNumber(percentile(this.numbers, PERCENTILES[type] ?? NaN));
  }
}

/** Without its texts, which are parts of a whole message and would hold it. */
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
