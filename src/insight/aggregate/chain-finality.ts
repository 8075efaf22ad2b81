import { Arrivals } from './arrivals.js';
import type { BlockStats } from './chain-blocks.js';
import type { NodeClocks } from './node-clocks.js';
import { NodeValues } from './node-values.js';
import { closingOf, minuteOf, type Observation } from './observation.js';
import { sortedNumbers } from './quantiles.js';

/** Blocks that wait for finality, at most: a chain that stalls for longer has no exact times for older ones. */
const MAX_WAITING = 2_000;

/** What became of a height. Times are microseconds since the epoch. */
export interface FinalHeight {
  chain: number;
  height: number;
  /** When half of the expected nodes, or of all if none was expected, had reported it or a later one as final. */
  finalizedAt: number;
  canonicalHash: string;
  /** The first arrival of that block. */
  firstSeenAt: number;
  /** Nodes that were expected at any of its blocks: none, if their servers did not receive data. */
  expected: number;
  /** No node finalized exactly this height: it is the parent of the final one above, or the block that most imported. */
  inferred: boolean;
}

/** A block whose height is not final yet. */
export interface WaitingBlock extends Pick<
  BlockStats,
  'height' | 'hash' | 'parent' | 'firstSeenAt' | 'reporters'
> {
  expected: Int32Array | readonly number[];
}

/** Reports of a node that are kept at a time: a block each second is fewer. The rest, of a hostile one, is ignored. */
const MAX_REPORTS_OF_NODE = 2_000;

/** Which blocks of one chain became final, and when. */
export class ChainFinality {
  /** By height and hash: the first report of each node that finalized exactly this block. */
  private readonly exact = new Map<number, Map<string, Arrivals>>();
  /** By node: how many of its reports are there. */
  private readonly counts = new Map<number, number>();
  /** Whether their times were computed, and nothing was added since. */
  private areTimesKnown = false;
  private readonly waiting = new Map<number, Map<string, WaitingBlock>>();

  constructor(
    readonly chain: number,
    private readonly clocks: NodeClocks,
  ) {}

  add(observation: Observation): void {
    if (observation.report?.kind !== 'finalized') return;
    const { source, report } = observation;
    const { height, hash } = report;
    const hashes = this.exact.get(height) ?? new Map<string, Arrivals>();
    const arrivals = hashes.get(hash) ?? new Arrivals();
    // A later report of the same block says nothing new.
    if (!arrivals.isFirst(observation)) return;
    const count = this.counts.get(source.node) ?? 0;
    if (count >= MAX_REPORTS_OF_NODE) return;
    this.counts.set(source.node, arrivals.rowOf(source.node) === undefined ? count + 1 : count);
    arrivals.set(observation);
    this.exact.set(height, hashes.set(hash, arrivals));
    this.areTimesKnown = false;
  }

  /** Whether a node reported this block as final, in a message that arrived before a time. */
  isFinalized(height: number, hash: string, before: number): boolean {
    return this.votes(height, hash, before) > 0;
  }

  private votes(height: number, hash: string, before: number): number {
    return this.exact.get(height)?.get(hash)?.countBefore(before) ?? 0;
  }

  /** Waits for the finality of blocks. One that is given again replaces what was known of it. */
  waitFor(blocks: Iterable<WaitingBlock>): void {
    for (const block of blocks) {
      const hashes = this.waiting.get(block.height) ?? new Map<string, WaitingBlock>();
      const { height, hash, parent, firstSeenAt, reporters, expected } = block;
      this.waiting.set(
        height,
        hashes.set(hash, {
          height,
          hash,
          parent,
          firstSeenAt,
          reporters,
          expected: Int32Array.from(expected),
        }),
      );
    }
    const surplus = this.waiting.size - MAX_WAITING;
    if (surplus <= 0) return;
    for (const height of [...this.waiting.keys()].sort((a, b) => a - b).slice(0, surplus))
      this.waiting.delete(height);
  }

  /** Clocks of nodes are known better than before. */
  refresh(): void {
    this.areTimesKnown = false;
  }

  /** The heights that became final in a time range, ascending. */
  finalHeights(from: number, to: number): FinalHeight[] {
    const times = this.fallingTimes();
    const found: FinalHeight[] = [];
    let above: WaitingBlock | undefined;
    // From above, because a final block decides about the one below.
    for (const height of [...this.waiting.keys()].sort((one, other) => other - one)) {
      const hashes = this.waiting.get(height) ?? new Map<string, WaitingBlock>();
      const nodes = expectedNodes(hashes);
      const half = timeOfHalf(hashes, nodes.size > 0 ? nodes : new Set(this.counts.keys()), times(height));
      if (half === undefined || half < from || half >= to) continue;
      const parent = above?.height === height + 1 ? above.parent : null;
      const { inferred, ...canonical } = this.canonicalOf(height, hashes, half, parent);
      above = canonical;
      const { hash: canonicalHash, firstSeenAt } = canonical;
      found.push({
        chain: this.chain,
        height,
        finalizedAt: half,
        canonicalHash,
        firstSeenAt,
        expected: nodes.size,
        inferred,
      });
    }
    return found.sort((one, other) => one.height - other.height);
  }

  /** Forgets the heights that became final before a time. */
  settle(before: number): void {
    for (const { height } of this.finalHeights(-Infinity, before)) this.waiting.delete(height);
  }

  get isEmpty(): boolean {
    return this.exact.size === 0 && this.waiting.size === 0;
  }

  /**
   * The block that most nodes finalized at exactly this height; otherwise the parent of the final one above, or the one
   * that most imported.
   */
  private canonicalOf(
    height: number,
    hashes: ReadonlyMap<string, WaitingBlock>,
    finalizedAt: number,
    parent: string | null,
  ): WaitingBlock & { inferred: boolean } {
    const closing = closingOf(minuteOf(finalizedAt));
    const [first] = [...hashes.values()]
      .map((block) => ({ block, votes: this.votes(height, block.hash, closing) }))
      .sort(
        (one, other) =>
          other.votes - one.votes ||
          Number(other.block.hash === parent) - Number(one.block.hash === parent) ||
          other.block.reporters - one.block.reporters ||
          (one.block.hash < other.block.hash ? -1 : 1),
      );
    if (first === undefined) throw new Error('A height without blocks waits for finality.');
    return { ...first.block, inferred: first.votes === 0 };
  }

  /**
   * When each node had reported a height or a later one as final.
   *
   * @returns a function of the height, whose result is valid until the next call; no call may be for a higher one
   */
  private fallingTimes(): (height: number) => NodeValues {
    this.computeTimes();
    const heights = [...this.exact.keys()].sort((one, other) => one - other);
    const times = new NodeValues();
    return (height) => {
      while ((heights.at(-1) ?? -Infinity) >= height)
        for (const arrivals of this.exact.get(heights.pop() ?? NaN)?.values() ?? [])
          for (let row = 0; row < arrivals.size; row += 1)
            times.lower(arrivals.nodeOf(row), arrivals.timeOf(row));
      return times;
    };
  }

  private computeTimes(): void {
    if (this.areTimesKnown) return;
    for (const hashes of this.exact.values())
      for (const arrivals of hashes.values()) arrivals.computeTimes(this.clocks);
    this.areTimesKnown = true;
  }

  /** Forgets reports that arrived before a time. */
  forget(before: number): void {
    this.areTimesKnown = false;
    this.counts.clear();
    for (const [height, hashes] of this.exact) {
      for (const [hash, arrivals] of hashes) {
        const kept = arrivals.since(before);
        if (kept.size === 0) hashes.delete(hash);
        else hashes.set(hash, kept);
        this.count(kept);
      }
      if (hashes.size === 0) this.exact.delete(height);
    }
  }

  private count(arrivals: Arrivals): void {
    for (let row = 0; row < arrivals.size; row += 1) {
      const node = arrivals.nodeOf(row);
      this.counts.set(node, (this.counts.get(node) ?? 0) + 1);
    }
  }
}

/** Nodes that are expected at any of some blocks. */
function expectedNodes(hashes: ReadonlyMap<string, WaitingBlock>): Set<number> {
  const nodes = new Set<number>();
  for (const { expected } of hashes.values()) for (const node of expected) nodes.add(node);
  return nodes;
}

/**
 * When half of some nodes had reported a height or a later one as final; not before its first block was seen. Undefined if
 * they have not.
 *
 * @param times of the nodes that have
 */
function timeOfHalf(
  hashes: ReadonlyMap<string, WaitingBlock>,
  nodes: ReadonlySet<number>,
  times: NodeValues,
): number | undefined {
  const reached: number[] = [];
  for (const node of nodes) {
    const at = times.get(node);
    if (at !== undefined) reached.push(at);
  }
  const half = sortedNumbers(reached)[Math.ceil(nodes.size / 2) - 1];
  const first = Math.min(...[...hashes.values()].map(({ firstSeenAt }) => firstSeenAt));
  return half === undefined ? undefined : Math.max(half, first);
}
