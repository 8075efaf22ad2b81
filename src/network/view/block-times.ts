/** Blocks that the average is made over. */
const AVERAGED = 20;
/** Heights that are remembered, those that were reported last. */
const HEIGHTS = 64;
/** Hashes and heights are remembered for so long (microseconds), */
const REMEMBERED_US = 600e6;
/** and so many hashes. */
const HASHES = 20_000;

/** When the blocks of a chain were first reported, by our clock. Times are microseconds since the epoch. */
export class BlockTimes {
  private readonly hashes = new Map<string, number>();
  private readonly heights = new Map<number, number>();

  /**
   * @param height null for a block of the past, which a node fetches: it says nothing of when blocks come
   * @returns whether this is an earlier time of a block than was known
   */
  note(hash: string, height: number | null, at: number): boolean {
    if (height !== null) this.noteHeight(height, at);
    const known = this.hashes.get(hash);
    if (known !== undefined && known <= at) return false;
    this.hashes.set(hash, at);
    return known !== undefined;
  }

  firstSeen(hash: string): number | undefined {
    return this.hashes.get(hash);
  }

  /** Of a height, whichever block it was. */
  heightSeen(height: number): number | undefined {
    return this.heights.get(height);
  }

  /**
   * Over the blocks that were reported last: milliseconds; null where no two that follow each other are known. A
   * height that nobody else comes near, such as a node makes up, counts for nothing.
   */
  average(): number | null {
    const last = this.byTime().slice(-AVERAGED);
    let tookUs = 0;
    let steps = 0;
    for (const [height, at] of last) {
      const before = this.heights.get(height - 1);
      if (before === undefined) continue;
      tookUs += at - before;
      steps += 1;
    }
    return steps === 0 ? null : Math.max(0, Math.round(tookUs / steps / 1000));
  }

  prune(now: number): void {
    const spare = this.hashes.size - HASHES;
    let passed = 0;
    // In the order in which they came.
    for (const [hash, at] of this.hashes) {
      if (at >= now - REMEMBERED_US && passed >= spare) break;
      this.hashes.delete(hash);
      passed += 1;
    }
    if (this.heights.size <= HEIGHTS) return;
    for (const [height] of this.byTime().slice(0, -HEIGHTS)) this.heights.delete(height);
  }

  private noteHeight(height: number, at: number): void {
    const seen = this.heights.get(height);
    // A chain that began again has the same heights anew.
    if (seen === undefined || at < seen || at > seen + REMEMBERED_US) this.heights.set(height, at);
  }

  private byTime(): [height: number, at: number][] {
    return [...this.heights].sort(([, one], [, other]) => one - other);
  }
}
