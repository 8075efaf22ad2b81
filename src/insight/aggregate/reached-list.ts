import { grown } from './node-index.js';
import type { Reached } from './node-progress.js';

/** How far a node was when it sent a message. */
export interface NodeReached extends Reached {
  node: number;
}

/** How far nodes were, by their messages: a row for each, in about 30 bytes. */
export class ReachedList {
  private size = 0;
  private nodes = new Int32Array(0);
  private times = new Float64Array(0);
  /** NaN where a message did not say it. */
  private best = new Float64Array(0);
  private finalized = new Float64Array(0);

  add(node: number, { at, best, finalized }: Reached): void {
    const row = this.size;
    this.size += 1;
    if (row >= this.nodes.length) this.grow();
    this.nodes[row] = node;
    this.times[row] = at;
    this.best[row] = best ?? NaN;
    this.finalized[row] = finalized ?? NaN;
  }

  /** By time; what is lower comes first, so that the order in which messages are read does not matter. */
  *inOrder(): Generator<NodeReached, void, undefined> {
    const { times, best, finalized } = this;
    const order = Uint32Array.from({ length: this.size }, (_, row) => row).sort(
      (one, other) =>
        valueOf(times, one) - valueOf(times, other) ||
        (known(best, one) ?? -1) - (known(best, other) ?? -1) ||
        (known(finalized, one) ?? -1) - (known(finalized, other) ?? -1),
    );
    for (const row of order)
      yield {
        node: valueOf(this.nodes, row),
        at: valueOf(times, row),
        best: known(best, row),
        finalized: known(finalized, row),
      };
  }

  private grow(): void {
    this.nodes = grown(this.nodes, this.size);
    this.times = grown(this.times, this.size);
    this.best = grown(this.best, this.size);
    this.finalized = grown(this.finalized, this.size);
  }
}

function valueOf(values: Int32Array | Float64Array, row: number): number {
  return values[row] ?? NaN;
}

function known(values: Float64Array, row: number): number | null {
  const value = valueOf(values, row);
  return Number.isNaN(value) ? null : value;
}
