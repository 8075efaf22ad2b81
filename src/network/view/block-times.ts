/** Blocks that the average is made over. */
const AVERAGED = 20;
/** Heights that are remembered, the highest ones. */
const HEIGHTS = 64;
/** Hashes that are remembered: for so long (microseconds), */
const HASHES_US = 600e6;
/** and so many. */
const HASHES = 20_000;

/** When the blocks of a chain were first reported, by our clock. Times are microseconds since the epoch. */
export class BlockTimes {
  private readonly hashes = new Map<string, number>();
  private readonly heights = new Map<number, number>();

  /** @returns whether this is an earlier time of a block than was known */
  note(hash: string, height: number, at: number): boolean {
    this.heights.set(height, Math.min(at, this.heights.get(height) ?? Infinity));
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

  /** Over the last blocks: milliseconds; null where fewer than two are known. */
  average(): number | null {
    const known = [...this.heights.keys()];
    const best = Math.max(...known);
    const first = Math.min(...known.filter((height) => height >= best - AVERAGED));
    if (known.length === 0 || first === best) return null;
    const took = (this.heights.get(best) ?? NaN) - (this.heights.get(first) ?? NaN);
    return Math.max(0, Math.round(took / (best - first) / 1000));
  }

  prune(now: number): void {
    const spare = this.hashes.size - HASHES;
    let passed = 0;
    // In the order in which they came.
    for (const [hash, at] of this.hashes) {
      if (at >= now - HASHES_US && passed >= spare) break;
      this.hashes.delete(hash);
      passed += 1;
    }
    if (this.heights.size <= HEIGHTS) return;
    const low = [...this.heights.keys()].sort((one, other) => other - one).slice(HEIGHTS);
    for (const height of low) this.heights.delete(height);
  }
}
