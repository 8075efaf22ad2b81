import type { NodeClocks } from './node-clocks.js';
import { grown, NodeIndex } from './node-index.js';
import type { Observation, Source } from './observation.js';

type Message = Pick<Observation, 'source' | 'receivedAt' | 'createdAt'>;

const EMPTY = new Float64Array(0);
const COLUMNS = 3;
/** When a message was received, sent by the clock of its node, and sent as far as that was computed. */
const [RECEIVED, CREATED, SENT] = [0, 1, 2];

/** The first messages of nodes about one block: a row for each node, in about 50 bytes. Times are microseconds. */
export class Arrivals {
  private readonly index = new NodeIndex();
  private readonly sources: Source[] = [];
  /** Three of each row. One array, because most blocks of a hostile node have a single row. */
  private times = EMPTY;
  /** Of what arrived before, times were computed for good. */
  private settledBefore = -Infinity;
  /** The first time, once all are computed for good. */
  private settledFirst: number | undefined;

  /** The number of nodes, and of rows. */
  get size(): number {
    return this.index.size;
  }

  /** Undefined for a node that sent none. */
  rowOf(node: number): number | undefined {
    return this.index.rowOf(node);
  }

  nodeOf(row: number): number {
    return this.index.nodeOf(row);
  }

  sourceOf(row: number): Source | undefined {
    return this.sources[row];
  }

  receivedAtOf(row: number): number {
    return this.times[row * COLUMNS + RECEIVED] ?? NaN;
  }

  /** When a message was sent, by the last {@link computeTimes}. */
  timeOf(row: number): number {
    return this.times[row * COLUMNS + SENT] ?? NaN;
  }

  /**
   * Whether a message is earlier than that of its node: by time of arrival, then by the node's own. So the same one is the
   * first, whatever the order in which they are read.
   */
  isFirst({ source: { node }, receivedAt, createdAt }: Message): boolean {
    const row = this.rowOf(node);
    if (row === undefined) return true;
    const known = this.receivedAtOf(row);
    return receivedAt < known || (receivedAt === known && createdAt < this.createdAtOf(row));
  }

  /** Sets the message of a node. */
  set({ source, receivedAt, createdAt }: Message): void {
    const row = this.index.add(source.node);
    const start = row * COLUMNS;
    if (start + COLUMNS > this.times.length) this.times = grown(this.times, start + COLUMNS);
    this.sources[row] = source;
    this.times[start + RECEIVED] = receivedAt;
    this.times[start + CREATED] = createdAt;
    this.times[start + SENT] = NaN;
    this.settledFirst = undefined;
  }

  /**
   * Computes when messages were sent, as far as that can have changed since the last time.
   *
   * @returns the first time; Infinity if there is none
   */
  computeTimes(clocks: NodeClocks): number {
    if (this.settledFirst !== undefined) return this.settledFirst;
    let [first, areSettled] = [Infinity, true];
    for (let row = 0; row < this.size; row += 1) {
      const [source, receivedAt] = [this.sources[row], this.receivedAtOf(row)];
      if (source !== undefined && (receivedAt >= this.settledBefore || Number.isNaN(this.timeOf(row))))
        this.times[row * COLUMNS + SENT] = clocks.timeOf(source, receivedAt, this.createdAtOf(row));
      first = Math.min(first, this.timeOf(row));
      areSettled &&= receivedAt < clocks.closedUntil;
    }
    this.settledBefore = clocks.closedUntil;
    if (areSettled) this.settledFirst = first;
    return first;
  }

  /** How many messages arrived before a time. */
  countBefore(time: number): number {
    let count = 0;
    for (let row = 0; row < this.size; row += 1) if (this.receivedAtOf(row) < time) count += 1;
    return count;
  }

  /** What arrived at a time or later: this, if nothing arrived before. */
  since(time: number): Arrivals {
    if (this.countBefore(time) === 0) return this;
    const kept = new Arrivals();
    kept.settledBefore = this.settledBefore;
    for (const [row, source] of this.sources.entries()) {
      const receivedAt = this.receivedAtOf(row);
      if (receivedAt < time) continue;
      kept.set({ source, receivedAt, createdAt: this.createdAtOf(row) });
      kept.times[(kept.size - 1) * COLUMNS + SENT] = this.timeOf(row);
    }
    return kept;
  }

  private createdAtOf(row: number): number {
    return this.times[row * COLUMNS + CREATED] ?? NaN;
  }
}
