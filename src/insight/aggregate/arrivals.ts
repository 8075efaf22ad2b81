import type { NodeClocks } from './node-clocks.js';
import { grown, NodeIndex } from './node-index.js';
import type { Observation, Source } from './observation.js';

type Message = Pick<Observation, 'source' | 'receivedAt' | 'createdAt'>;

/** The first messages of nodes about one block: a row for each node, in about 50 bytes. Times are microseconds. */
export class Arrivals {
  private readonly index = new NodeIndex();
  private readonly sources: Source[] = [];
  private receivedAt = new Float64Array(0);
  private createdAt = new Float64Array(0);
  private sentAt = new Float64Array(0);
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
    return this.receivedAt[row] ?? NaN;
  }

  /** When a message was sent, by the last {@link computeTimes}. */
  timeOf(row: number): number {
    return this.sentAt[row] ?? NaN;
  }

  /**
   * Whether a message is earlier than that of its node: by time of arrival, then by the node's own. So the same one is the
   * first, whatever the order in which they are read.
   */
  isFirst({ source: { node }, receivedAt, createdAt }: Message): boolean {
    const row = this.rowOf(node);
    if (row === undefined) return true;
    const known = this.receivedAtOf(row);
    return receivedAt < known || (receivedAt === known && createdAt < (this.createdAt[row] ?? NaN));
  }

  /** Sets the message of a node. */
  set({ source, receivedAt, createdAt }: Message): void {
    const row = this.index.add(source.node);
    if (row >= this.receivedAt.length) this.grow(row + 1);
    this.sources[row] = source;
    this.receivedAt[row] = receivedAt;
    this.createdAt[row] = createdAt;
    this.sentAt[row] = NaN;
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
        this.sentAt[row] = clocks.timeOf(source, receivedAt, this.createdAt[row] ?? NaN);
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
      kept.set({ source, receivedAt, createdAt: this.createdAt[row] ?? NaN });
      kept.sentAt[kept.size - 1] = this.timeOf(row);
    }
    return kept;
  }

  private grow(rows: number): void {
    this.receivedAt = grown(this.receivedAt, rows);
    this.createdAt = grown(this.createdAt, rows);
    this.sentAt = grown(this.sentAt, rows);
  }
}
