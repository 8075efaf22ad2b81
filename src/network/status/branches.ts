/** How a block compares with the others of its height: `open` if no hash has a majority. */
export type Branch = 'majority' | 'minority' | 'open';

/** Heights below and above that of the chain whose hashes are remembered. */
const REACH = 32;

/** The hashes that nodes reported for a height: one for each node, its latest. */
interface Height {
  hashOf: Map<string, string>;
  nodes: Map<string, number>;
}

/** Which hash most nodes of a chain have at each of the latest heights. */
export class Branches {
  private readonly heights = new Map<number, Height>();
  private center: number | undefined;

  /** Forgets heights that are far from that of the chain, so that invented ones use no memory. */
  moveTo(height: number | undefined): void {
    this.center = height;
    for (const known of this.heights.keys()) if (!this.isNear(known)) this.heights.delete(known);
  }

  /** @param node its key */
  report(node: string, height: number, hash: string): void {
    if (!this.isNear(height)) return;
    let at = this.heights.get(height);
    if (at === undefined) this.heights.set(height, (at = { hashOf: new Map(), nodes: new Map() }));
    const former = at.hashOf.get(node);
    if (former === hash) return;
    if (former !== undefined) at.nodes.set(former, (at.nodes.get(former) ?? 0) - 1);
    at.hashOf.set(node, hash);
    at.nodes.set(hash, (at.nodes.get(hash) ?? 0) + 1);
  }

  /** A majority is more than half of the nodes that reported the height, and at least two. */
  of(height: number, hash: string): Branch {
    const at = this.heights.get(height);
    if (at === undefined) return 'open';
    const needed = Math.max(2, Math.floor(at.hashOf.size / 2) + 1);
    for (const [other, nodes] of at.nodes) {
      if (nodes >= needed) return other === hash ? 'majority' : 'minority';
    }
    return 'open';
  }

  private isNear(height: number): boolean {
    return this.center !== undefined && Math.abs(height - this.center) <= REACH;
  }
}
