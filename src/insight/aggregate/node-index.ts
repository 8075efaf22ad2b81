/** Slots are at most two thirds full: with more, searches take long. */
const SLOTS_PER_NODE = 1.5;
/** So few are searched one by one: most indexes of a hostile node have one. */
const FEW_NODES = 8;

/** Numbers nodes from 0 in the order in which they are added: the rows of arrays. It takes 10 to 20 bytes a node. */
export class NodeIndex {
  private nodes = new Int32Array(FEW_NODES);
  /** By a hash of the node, or after it: the row and 1; 0 where there is none. Undefined for few nodes. */
  private slots: Int32Array | undefined;
  private count = 0;

  get size(): number {
    return this.count;
  }

  nodeOf(row: number): number {
    return this.nodes[row] ?? NaN;
  }

  /** Undefined for a node that is not there. */
  rowOf(node: number): number | undefined {
    const { slots } = this;
    const row = slots === undefined ? this.rowOfFew(node) : (slots[this.slotOf(slots, node)] ?? 0) - 1;
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
    if (this.slots !== undefined && SLOTS_PER_NODE * this.count <= this.slots.length)
      this.slots[this.slotOf(this.slots, node)] = row + 1;
    else if (this.count > FEW_NODES) this.spread(2 * (this.slots?.length ?? FEW_NODES));
    return row;
  }

  private spread(length: number): void {
    const slots = new Int32Array(length);
    for (let row = 0; row < this.count; row += 1) slots[this.slotOf(slots, this.nodeOf(row))] = row + 1;
    this.slots = slots;
  }

  private rowOfFew(node: number): number {
    for (let row = 0; row < this.count; row += 1) if (this.nodes[row] === node) return row;
    return -1;
  }

  /** The slot that a node has, or will have. */
  private slotOf(slots: Int32Array, node: number): number {
    const mask = slots.length - 1;
    let slot = (Math.imul(node, 0x9e3779b1) >>> 15) & mask;
    for (;;) {
      const row = (slots[slot] ?? 0) - 1;
      if (row === -1 || this.nodes[row] === node) return slot;
      slot = (slot + 1) & mask;
    }
  }
}

/** A longer copy of an array, with place for so many values, and for some more. */
export function grown<A extends Int32Array | Float64Array>(values: A, length: number): A {
  const copy = new (values.constructor as new (length: number) => A)(Math.ceil(1.5 * length) + 4);
  copy.set(values);
  return copy;
}
