import { grown, NodeIndex } from './node-index.js';

/** A number for each of some nodes, in about 20 bytes. */
export class NodeValues {
  private readonly index = new NodeIndex();
  private values = new Float64Array(0);

  /** Undefined for a node that has none. */
  get(node: number): number | undefined {
    const row = this.index.rowOf(node);
    return row === undefined ? undefined : this.values[row];
  }

  set(node: number, value: number): void {
    const row = this.index.add(node);
    if (row >= this.values.length) this.values = grown(this.values, row + 1);
    this.values[row] = value;
  }

  /** Sets the value of a node, unless it has a lower one. */
  lower(node: number, value: number): void {
    const known = this.get(node);
    if (known === undefined || value < known) this.set(node, value);
  }
}
