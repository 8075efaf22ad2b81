import type { BlockStats } from './chain-blocks.js';
import type { NodeClocks, Stamped } from './node-clocks.js';
import { closingOf, minuteOf, type Observation } from './observation.js';

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
export type WaitingBlock = Pick<
  BlockStats,
  'height' | 'hash' | 'parent' | 'firstSeenAt' | 'expected' | 'reporters'
>;

/** Reports of a node that are kept at a time: a block each second is fewer. The rest, of a hostile one, is ignored. */
const MAX_REPORTS_OF_NODE = 2_000;

interface Finalized extends Stamped {
  height: number;
}

/** When a node reported a height as final. */
interface Reached {
  height: number;
  at: number;
}

/** Which blocks of one chain became final, and when. */
export class ChainFinality {
  /** By node, in the order of arrival. */
  private readonly reports = new Map<number, Finalized[]>();
  /** By height and hash: when the report of each node arrived that finalized exactly this block. */
  private readonly exact = new Map<number, Map<string, Map<number, number>>>();
  /** See {@link timesByNode}: as long as nothing is added. */
  private times: ReadonlyMap<number, readonly Reached[]> | undefined;
  private readonly waiting = new Map<number, Map<string, WaitingBlock>>();

  constructor(
    readonly chain: number,
    private readonly clocks: NodeClocks,
  ) {}

  add(observation: Observation): void {
    if (observation.report?.kind !== 'finalized') return;
    const { source, receivedAt, createdAt, report } = observation;
    const { height, hash } = report;
    const known = this.exact.get(height)?.get(hash)?.get(source.node);
    // A later report of the same block says nothing new.
    if (known !== undefined && known <= receivedAt) return;
    const reports = this.reports.get(source.node) ?? [];
    if (reports.length >= MAX_REPORTS_OF_NODE) return;
    this.reports.set(source.node, reports);
    this.times = undefined;
    reports.push({ source, receivedAt, createdAt, at: undefined, height });
    const hashes = this.exact.get(height) ?? new Map<string, Map<number, number>>();
    this.exact.set(height, hashes);
    const nodes = hashes.get(hash) ?? new Map<number, number>();
    hashes.set(hash, nodes);
    nodes.set(source.node, receivedAt);
  }

  /** Whether a node reported this block as final, in a message that arrived before a time. */
  isFinalized(height: number, hash: string, before: number): boolean {
    return this.votes(height, hash, before) > 0;
  }

  private votes(height: number, hash: string, before: number): number {
    let votes = 0;
    for (const at of this.exact.get(height)?.get(hash)?.values() ?? []) if (at < before) votes += 1;
    return votes;
  }

  /** Waits for the finality of blocks. One that is given again replaces what was known of it. */
  waitFor(blocks: Iterable<WaitingBlock>): void {
    for (const block of blocks) {
      const hashes = this.waiting.get(block.height) ?? new Map<string, WaitingBlock>();
      this.waiting.set(block.height, hashes.set(block.hash, block));
    }
    const surplus = this.waiting.size - MAX_WAITING;
    if (surplus <= 0) return;
    for (const height of [...this.waiting.keys()].sort((a, b) => a - b).slice(0, surplus))
      this.waiting.delete(height);
  }

  /** Clocks of nodes are known better than before. */
  refresh(): void {
    this.times = undefined;
  }

  /** The heights that became final in a time range, ascending. */
  finalHeights(from: number, to: number): FinalHeight[] {
    const times = this.timesByNode();
    const found: FinalHeight[] = [];
    let above: WaitingBlock | undefined;
    // From above, because a final block decides about the one below.
    for (const height of [...this.waiting.keys()].sort((one, other) => other - one)) {
      const hashes = this.waiting.get(height) ?? new Map<string, WaitingBlock>();
      const nodes = new Set([...hashes.values()].flatMap(({ expected }) => expected));
      const half = timeOfHalf(hashes, height, nodes.size > 0 ? nodes : new Set(times.keys()), times);
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
    return this.reports.size === 0 && this.waiting.size === 0;
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

  /** By node: heights and the time from which they were final there, ascending in both. */
  private timesByNode(): ReadonlyMap<number, readonly Reached[]> {
    if (this.times !== undefined) return this.times;
    const times = new Map<number, Reached[]>();
    for (const [node, reports] of this.reports) {
      const sorted = reports
        .map((report) => ({ height: report.height, at: this.clocks.timeOf(report) }))
        .sort((one, other) => one.at - other.at || one.height - other.height);
      const rising: Reached[] = [];
      for (const report of sorted) if (report.height > (rising.at(-1)?.height ?? -1)) rising.push(report);
      times.set(node, rising);
    }
    this.times = times;
    return times;
  }

  /** Forgets reports that arrived before a time. */
  forget(before: number): void {
    this.times = undefined;
    for (const [node, reports] of this.reports) {
      const kept = reports.filter(({ receivedAt }) => receivedAt >= before);
      if (kept.length === 0) this.reports.delete(node);
      else if (kept.length < reports.length) this.reports.set(node, kept);
    }
    const heights = [...this.reports.values()].flatMap((reports) => reports.map(({ height }) => height));
    const lowest = heights.reduce((least, height) => Math.min(least, height), Infinity);
    for (const height of this.exact.keys()) if (height < lowest) this.exact.delete(height);
  }
}

/**
 * When half of some nodes had reported a height or a later one as final; not before its first block was seen. Undefined if
 * they have not.
 */
function timeOfHalf(
  hashes: ReadonlyMap<string, WaitingBlock>,
  height: number,
  nodes: ReadonlySet<number>,
  times: ReadonlyMap<number, readonly Reached[]>,
): number | undefined {
  const reached: number[] = [];
  for (const node of nodes) {
    const reports = times.get(node);
    // Most nodes have not reached a height while finality stalls.
    if (reports === undefined || (reports.at(-1)?.height ?? -1) < height) continue;
    const report = reports.find((one) => one.height >= height);
    if (report !== undefined) reached.push(report.at);
  }
  const half = reached.sort((one, other) => one - other)[Math.ceil(nodes.size / 2) - 1];
  const first = Math.min(...[...hashes.values()].map(({ firstSeenAt }) => firstSeenAt));
  return half === undefined ? undefined : Math.max(half, first);
}
