/** Slots are at most two thirds full: with more, searches take long. */
const SLOTS_PER_NODE = 1.5;
const LEAST_NODES = 4;

/** Numbers nodes from 0 in the order in which they are added: the rows of arrays. It takes 10 to 20 bytes a node. */
export class NodeIndex {
  private nodes = new Int32Array(LEAST_NODES);
  /** By a hash of the node, or after it: the row and 1; 0 where there is none. */
  private slots = new Int32Array(2 * LEAST_NODES);
  private count = 0;

  get size(): number {
    return this.count;
  }

  nodeOf(row: number): number {
    return this.nodes[row] ?? NaN;
  }

  /** Undefined for a node that is not there. */
  rowOf(node: number): number | undefined {
    const row = (this.slots[this.slotOf(node)] ?? 0) - 1;
    return row === -1 ? undefined : row;
  }

  /** @returns its row, also if it is there already */
  add(node: number): number {
    const known = this.rowOf(node);
    if (known !== undefined) return known;
    const row = this.count;
    this.count += 1;
    if (this.count > this.nodes.length) this.nodes = grown(this.nodes, this.count);
    this.nodes[row] = node;
    if (SLOTS_PER_NODE * this.count > this.slots.length) this.spread(2 * this.slots.length);
    else this.slots[this.slotOf(node)] = row + 1;
    return row;
  }

  private spread(slots: number): void {
    this.slots = new Int32Array(slots);
    for (let row = 0; row < this.count; row += 1) this.slots[this.slotOf(this.nodeOf(row))] = row + 1;
  }

  /** The slot that a node has, or will have. */
  private slotOf(node: number): number {
    const mask = this.slots.length - 1;
    let slot = (Math.imul(node, 0x9e3779b1) >>> 15) & mask;
    for (;;) {
      const row = (this.slots[slot] ?? 0) - 1;
      if (row === -1 || this.nodes[row] === node) return slot;
      slot = (slot + 1) & mask;
    }
  }
}

/** A longer copy of an array, with place for so many values and some more. */
export function grown<A extends Int32Array | Float64Array>(values: A, length: number): A {
  const copy = new (values.constructor as new (length: number) => A)(Math.ceil(1.25 * length) + LEAST_NODES);
  copy.set(values);
  return copy;
}
