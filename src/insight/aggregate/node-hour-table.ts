import { BIN_COUNT } from './quantiles.js';
import { COUNT_BOUNDS, countBinOf } from './count-bins.js';

/** Sums and extremes of a node in an hour. Those that can be unknown are NaN then. */
const FIELDS = [
  'minutes',
  'chainReports',
  'networkReports',
  'imports',
  'expected',
  'arrived',
  'behindMinutes',
  'behindSum',
  'peersMax',
  'downloadSum',
  'uploadSum',
  'clockOffsetUs',
  'clockSteps',
] as const;
type Field = (typeof FIELDS)[number];
const INDEX = Object.fromEntries(FIELDS.map((field, index) => [field, index])) as Record<Field, number>;

const HISTOGRAMS = ['lag', 'peers', 'txcount'] as const;
type Histogram = (typeof HISTOGRAMS)[number];
const MINUTE_BINS = HISTOGRAMS.length * COUNT_BOUNDS.length;
/** The largest `smallint` of PostgreSQL. */
const MAX_DELAYS = 32_767;

/** What is known of a node in the closed minutes of an hour. All of it can be continued. */
export interface NodeHour {
  node: number;
  /** Minutes in which anything of it arrived. */
  minutes: number;
  /** `system.interval` messages with its chain, and with its network. */
  chainReports: number;
  networkReports: number;
  /** Blocks that it imported as they spread. */
  imports: number;
  /** Blocks at which it was expected, those of them that arrived, and their delays: see `binsOf`. */
  expected: number;
  arrived: number;
  delayBins: readonly number[];
  /** Minutes in which it reported a height, and by how many blocks it was behind its chain in all of them together. */
  behindMinutes: number;
  behindSum: number;
  /** Minutes by blocks between best and final, by peers, and by transactions: see `countBinOf`. Without zeros at the end. */
  lagBins: Uint8Array;
  peersBins: Uint8Array;
  txcountBins: Uint8Array;
  /** Of the last reports of its minutes; sums are of bytes a second. */
  peersMax: number | null;
  downloadSum: number;
  uploadSum: number;
  /** By how much its clock was ahead of the database's at the end: microseconds. Positive: ahead. */
  clockOffsetUs: number | null;
  /** How often the clock was set. */
  clockSteps: number;
}

/** The nodes of one chain in an hour, in about 300 bytes a node. */
export class NodeHourTable {
  private readonly slots = new Map<number, number>();
  private values = new Float64Array(0);
  private delays = new Uint16Array(0);
  private bins = new Uint8Array(0);

  get(node: number, field: Field): number {
    const index = this.slot(node) * FIELDS.length + INDEX[field];
    return this.values[index] ?? NaN;
  }

  set(node: number, field: Field, value: number): void {
    // Before the array is read: a new slot may replace it.
    const index = this.slot(node) * FIELDS.length + INDEX[field];
    this.values[index] = value;
  }

  add(node: number, field: Field, amount: number): void {
    this.set(node, field, this.get(node, field) + amount);
  }

  addDelay(node: number, bin: number): void {
    const index = this.slot(node) * BIN_COUNT + bin;
    this.delays[index] = Math.min(MAX_DELAYS, (this.delays[index] ?? 0) + 1);
  }

  /** Adds a minute with a count to a histogram. */
  addMinute(node: number, histogram: Histogram, count: number): void {
    const index = this.minuteBins(node, histogram) + countBinOf(count);
    this.bins[index] = (this.bins[index] ?? 0) + 1;
  }

  /** Continues an hour from what was stored of a node. */
  restore(hour: NodeHour): void {
    for (const field of FIELDS) this.set(hour.node, field, hour[field] ?? NaN);
    this.delays.set(hour.delayBins.slice(0, BIN_COUNT), this.slot(hour.node) * BIN_COUNT);
    for (const histogram of HISTOGRAMS) {
      const bins = hour[`${histogram}Bins`].subarray(0, COUNT_BOUNDS.length);
      this.bins.set(bins, this.minuteBins(hour.node, histogram));
    }
  }

  rows(): NodeHour[] {
    return [...this.slots.keys()].map((node) => this.row(node));
  }

  /** The largest number of peers, of the nodes that reported any. */
  peersMaxima(): Map<number, number> {
    const maxima = new Map<number, number>();
    for (const node of this.slots.keys()) {
      const max = this.get(node, 'peersMax');
      if (!Number.isNaN(max)) maxima.set(node, max);
    }
    return maxima;
  }

  has(node: number): boolean {
    return this.slots.has(node);
  }

  private row(node: number): NodeHour {
    const slot = this.slot(node);
    const values = Object.fromEntries(FIELDS.map((field) => [field, this.get(node, field)])) as Record<
      Field,
      number
    >;
    const known = (value: number): number | null => (Number.isNaN(value) ? null : value);
    return {
      node,
      ...values,
      peersMax: known(values.peersMax),
      clockOffsetUs: known(values.clockOffsetUs),
      delayBins: [...this.delays.subarray(slot * BIN_COUNT, (slot + 1) * BIN_COUNT)],
      lagBins: this.trimmed(node, 'lag'),
      peersBins: this.trimmed(node, 'peers'),
      txcountBins: this.trimmed(node, 'txcount'),
    };
  }

  private trimmed(node: number, histogram: Histogram): Uint8Array {
    const start = this.minuteBins(node, histogram);
    const bins = this.bins.subarray(start, start + COUNT_BOUNDS.length);
    return bins.slice(0, bins.findLastIndex((count) => count > 0) + 1);
  }

  private minuteBins(node: number, histogram: Histogram): number {
    return this.slot(node) * MINUTE_BINS + HISTOGRAMS.indexOf(histogram) * COUNT_BOUNDS.length;
  }

  private slot(node: number): number {
    const known = this.slots.get(node);
    if (known !== undefined) return known;
    const slot = this.slots.size;
    this.slots.set(node, slot);
    if ((slot + 1) * FIELDS.length > this.values.length) this.grow(Math.max(16, Math.ceil(1.25 * slot)));
    this.set(node, 'peersMax', NaN);
    this.set(node, 'clockOffsetUs', NaN);
    return slot;
  }

  private grow(slots: number): void {
    const { values, delays, bins } = this;
    this.values = new Float64Array(slots * FIELDS.length);
    this.values.set(values);
    this.delays = new Uint16Array(slots * BIN_COUNT);
    this.delays.set(delays);
    this.bins = new Uint8Array(slots * MINUTE_BINS);
    this.bins.set(bins);
  }
}
