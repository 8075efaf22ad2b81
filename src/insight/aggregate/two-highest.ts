/** The heights of nodes, of which only the two highest are of interest. */
export class TwoHighest {
  private readonly heights = new Map<number, number>();
  private highestNode: number | undefined;
  private highest = -1;
  private second = -1;

  /**
   * Notes the height of a node.
   *
   * @returns the second highest of all nodes, or the height of the only one; undefined if the node had reported as much
   */
  rise(node: number, height: number): number | undefined {
    const before = this.heights.get(node);
    if (before !== undefined && height <= before) return undefined;
    this.heights.set(node, height);
    if (this.highestNode === undefined || node === this.highestNode) {
      this.highestNode = node;
      this.highest = height;
    } else if (height > this.highest) {
      this.second = this.highest;
      this.highest = height;
      this.highestNode = node;
    } else {
      this.second = Math.max(this.second, height);
    }
    return this.heights.size > 1 ? this.second : this.highest;
  }
}
