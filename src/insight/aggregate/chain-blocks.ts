import type { NodeClocks, Stamped } from './node-clocks.js';
import type { ObserverGaps } from './observer-gaps.js';
import { closingOf, minuteOf, MINUTE_US, type Observation } from './observation.js';
import { binsOf, quantile, sortedNumbers } from './quantiles.js';

/** A later import is that of a node which catches up. */
const LIVE_US = MINUTE_US;
/** A block reaches those nodes first that have its parent; others must import their branch before. */
const FIRST_NODES = 5;
/** Nodes that imported one of so many heights before are expected to import a block. */
const HEIGHTS_BEFORE = 10;
/** Nodes send a block every second at most; what a hostile node sends beyond this in a minute is ignored. */
const MAX_IMPORTS_OF_MINUTE = 300;
/** Origins of blocks that a node imports as they spread. Old builds name none. */
const LIVE_ORIGINS = new Set<string | null>([null, 'NetworkBroadcast', 'ConsensusBroadcast', 'Own']);

/** The import of a block, without what all imports of it share. */
interface Arrival extends Stamped {
  isOwn: boolean;
}

/** What nodes said of a block. */
interface Block {
  /** By node. */
  arrivals: Map<number, Arrival>;
  /** See {@link ChainBlocks.liveTimes}: until something is added, or clocks are known better. */
  times: ReadonlyMap<number, number> | undefined;
  /** When it was first seen, once that is certain: as long as nothing is added. */
  settledAt: number | undefined;
  /** What was computed of it last, as long as nothing is added. */
  stats: BlockStats | undefined;
}

/** A block, and how it reached the nodes of its chain. Times are microseconds since the epoch, delays milliseconds. */
export interface BlockStats {
  chain: number;
  height: number;
  hash: string;
  /** The first arrival at a node. */
  firstSeenAt: number;
  /** The block below it, as far as its first nodes show; null if they reported none. No message says it. */
  parent: string | null;
  /** The node that made it, if that reports here; null otherwise. */
  author: number | null;
  /** Only one node reported it, and it is alone on its chain. */
  singleSource: boolean;
  /** Nodes that imported it as it spread. */
  reporters: number;
  /** Expected nodes, ascending, and the delay at each of them; null where it did not arrive. */
  expected: readonly number[];
  delaysMs: readonly (number | null)[];
  /** Expected nodes at which it arrived. */
  arrived: number;
  /** Over the expected nodes; null where the block did not reach so many. */
  p50Ms: number | null;
  p90Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  /** From the first arrival at an expected node to the last one. */
  spreadMs: number | null;
  /** The finite delays: see `binsOf`. */
  bins: readonly number[];
}

/** The blocks of one chain that nodes imported in the last minutes. */
export class ChainBlocks {
  private readonly byHeight = new Map<number, Map<string, Block>>();
  /** Nodes that sent anything, by minute, and how many blocks they imported in it. */
  private readonly heard = new Map<number, Map<number, number>>();
  /** Of a calculation; see {@link stats}. */
  private liveNodes = new Map<number, ReadonlyMap<number, number>>();

  constructor(
    readonly chain: number,
    private readonly clocks: NodeClocks,
    private readonly gaps: ObserverGaps,
  ) {}

  /** Adds a message. The order does not matter, and neither do repeated ones. */
  add(observation: Observation): void {
    const minute = minuteOf(observation.receivedAt);
    const { source, receivedAt, createdAt, report } = observation;
    const nodes = this.heard.get(minute) ?? new Map<number, number>();
    this.heard.set(minute, nodes);
    const imports = nodes.get(source.node) ?? 0;
    nodes.set(source.node, imports);
    if (report?.kind !== 'import' || !LIVE_ORIGINS.has(report.origin)) return;
    const { height, hash } = report;
    const known = this.byHeight.get(height)?.get(hash)?.arrivals.get(source.node);
    if (known === undefined && imports >= MAX_IMPORTS_OF_MINUTE) return;
    // A block can become the best one of a node again.
    if (known !== undefined && !isEarlier(observation, known)) return;
    nodes.set(source.node, imports + 1);
    if (known !== undefined) this.notHeard(known);
    const { arrivals } = this.changed(height, hash);
    arrivals.set(source.node, {
      source,
      receivedAt,
      createdAt,
      isOwn: report.origin === 'Own',
      at: undefined,
    });
  }

  /** A block to which something is added. */
  private changed(height: number, hash: string): Block {
    const hashes = this.byHeight.get(height) ?? new Map<string, Block>();
    this.byHeight.set(height, hashes);
    const block = hashes.get(hash) ?? emptyBlock();
    hashes.set(hash, block);
    return forgetComputed(block);
  }

  /**
   * The blocks that count and were first seen in a time range, by height.
   *
   * @param openFrom what was computed of a block that was first seen then or later is returned again, if no node was
   *   added to it
   * @param isFinalized whether a node finalized a block before a time, which counts then
   * @returns those that were computed now, too
   */
  stats(
    from: number,
    to: number,
    openFrom: number,
    isFinalized: (height: number, hash: string, before: number) => boolean,
  ): { blocks: BlockStats[]; computed: BlockStats[] } {
    this.liveNodes = new Map();
    this.refresh();
    const blocks: BlockStats[] = [];
    const computed: BlockStats[] = [];
    for (const [height, hashes] of this.byHeight) {
      for (const [hash, block] of hashes) {
        const known = block.stats;
        if (known !== undefined && known.firstSeenAt >= openFrom && known.firstSeenAt < to) {
          blocks.push(known);
          continue;
        }
        const firstSeenAt = this.firstLiveTime(block);
        if (!(firstSeenAt >= from && firstSeenAt < to)) continue;
        const stats = this.statsOf(block, height, hash, firstSeenAt, isFinalized);
        if (stats === undefined) continue;
        block.stats = stats;
        blocks.push(stats);
        computed.push(stats);
      }
    }
    blocks.sort((one, other) => one.height - other.height || (one.hash < other.hash ? -1 : 1));
    return { blocks, computed };
  }

  /** Clocks may be known better than before. */
  private refresh(): void {
    for (const hashes of this.byHeight.values())
      for (const block of hashes.values()) if (block.settledAt === undefined) block.times = undefined;
  }

  private statsOf(
    block: Block,
    height: number,
    hash: string,
    firstSeenAt: number,
    isFinalized: (height: number, hash: string, before: number) => boolean,
  ): BlockStats | undefined {
    const times = this.liveTimes(block);
    const sources = this.sources(block.arrivals, times, firstSeenAt);
    if (!sources.counts && !isFinalized(height, hash, closingOf(minuteOf(firstSeenAt)))) return undefined;
    return { ...this.delays(height, hash, times, firstSeenAt), singleSource: sources.single };
  }

  /** Nodes that sent anything in a minute, and how many blocks they imported in it as they spread. */
  importsIn(minute: number): ReadonlyMap<number, number> {
    return this.heard.get(minute) ?? new Map<number, number>();
  }

  /** Counts an import no more, because an earlier one of the same block is known. */
  private notHeard({ source: { node }, receivedAt }: Arrival): void {
    const nodes = this.heard.get(minuteOf(receivedAt));
    const imports = nodes?.get(node);
    if (imports !== undefined) nodes?.set(node, imports - 1);
  }

  /** When any block of a height became the best one of a node; undefined if none did. */
  firstSeenOf(height: number): number | undefined {
    let first = Infinity;
    for (const block of this.byHeight.get(height)?.values() ?? [])
      first = Math.min(first, this.firstLiveTime(block));
    return first === Infinity ? undefined : first;
  }

  /** Nodes that sent anything in the minute of a time, or in the one before. */
  private heardAround(time: number): Set<number> {
    const minute = minuteOf(time);
    return new Set([minute, minute - MINUTE_US].flatMap((one) => [...(this.heard.get(one)?.keys() ?? [])]));
  }

  /** A single hostile node can report any block: two addresses must, or a third of the nodes. */
  private sources(
    arrivals: ReadonlyMap<number, Arrival>,
    times: ReadonlyMap<number, number>,
    at: number,
  ): { counts: boolean; single: boolean } {
    const addresses = new Set([...times.keys()].map((node) => arrivals.get(node)?.source.address));
    if (addresses.size >= 2) return { counts: true, single: false };
    const nodes = this.heardAround(at).size;
    const single = nodes <= 1;
    return { counts: times.size >= (single ? 1 : Math.max(2, Math.ceil(nodes / 3))), single };
  }

  private delays(
    height: number,
    hash: string,
    times: ReadonlyMap<number, number>,
    firstSeenAt: number,
  ): Omit<BlockStats, 'singleSource'> {
    const expected = this.expectedAt(height, hash, times, firstSeenAt);
    const delaysMs = expected.map((node) => {
      const time = times.get(node);
      return time === undefined ? null : (time - firstSeenAt) / 1000;
    });
    const sorted = sortedNumbers(delaysMs.filter((delay) => delay !== null));
    const at = (share: number): number | null => quantile(sorted, share, expected.length);
    const own = [...(this.byHeight.get(height)?.get(hash)?.arrivals.values() ?? [])].filter(
      ({ isOwn }) => isOwn,
    );
    return {
      chain: this.chain,
      height,
      hash,
      firstSeenAt,
      parent: this.parentOf(height, times, own),
      author: own.length === 1 ? (own[0]?.source.node ?? null) : null,
      reporters: times.size,
      expected,
      delaysMs,
      arrived: sorted.length,
      p50Ms: at(0.5),
      p90Ms: at(0.9),
      p95Ms: at(0.95),
      p99Ms: at(0.99),
      spreadMs: sorted.length === 0 ? null : (sorted.at(-1) ?? 0) - (sorted[0] ?? 0),
      bins: binsOf(sorted),
    };
  }

  /** The block of the height before that was the best one of its author, or of most of its first nodes, when they got it. */
  private parentOf(
    height: number,
    times: ReadonlyMap<number, number>,
    own: readonly Arrival[],
  ): string | null {
    const before = [...(this.byHeight.get(height - 1) ?? [])].map(
      ([hash, block]) => [hash, this.liveTimes(block)] as const,
    );
    const bestOf = (node: number, at: number): string | undefined => {
      let best: { hash: string; at: number } | undefined;
      for (const [hash, all] of before) {
        const time = all.get(node);
        if (time !== undefined && time <= at && (best === undefined || time > best.at))
          best = { hash, at: time };
      }
      return best?.hash;
    };
    const authors = own.map(({ source }) => source.node);
    const first = [...times].sort(([one, at], [other, otherAt]) => at - otherAt || one - other);
    const votes = new Map<string, number>();
    for (const [node, at] of [...first.filter(([one]) => authors.includes(one)), ...first]) {
      const best = bestOf(node, at);
      if (best === undefined) continue;
      if (authors.includes(node)) return best;
      votes.set(best, (votes.get(best) ?? 0) + 1);
      if ([...votes.values()].reduce((sum, count) => sum + count) === FIRST_NODES) break;
    }
    return [...votes].sort(([, one], [, other]) => other - one)[0]?.[0] ?? null;
  }

  /**
   * The nodes that imported one of the heights before; all reporters, if nothing is known of those. Without those that
   * imported another block of the height, and without those whose server did not receive data.
   */
  private expectedAt(
    height: number,
    hash: string,
    times: ReadonlyMap<number, number>,
    firstSeenAt: number,
  ): number[] {
    /** With the server process that each was connected to. */
    const expected = new Map<number, number>();
    for (let before = height - HEIGHTS_BEFORE; before < height; before += 1) {
      for (const [node, collector] of this.liveAt(before)) expected.set(node, collector);
    }
    if (expected.size === 0) {
      const arrivals = this.byHeight.get(height)?.get(hash)?.arrivals;
      for (const node of times.keys()) expected.set(node, arrivals?.get(node)?.source.collector ?? 0);
    }
    for (const [other, block] of this.byHeight.get(height) ?? []) {
      if (other === hash) continue;
      for (const node of this.liveTimes(block).keys()) if (!times.has(node)) expected.delete(node);
    }
    const blind = this.gaps.collectorsAt(firstSeenAt, firstSeenAt + LIVE_US);
    if (blind.size > 0)
      for (const [node, collector] of expected) if (blind.has(collector)) expected.delete(node);
    return sortedNumbers(expected.keys());
  }

  /** The nodes that imported any block of a height as it spread, with the server process that each was connected to. */
  private liveAt(height: number): ReadonlyMap<number, number> {
    let nodes = this.liveNodes.get(height);
    if (nodes === undefined) {
      const found = new Map<number, number>();
      for (const block of this.byHeight.get(height)?.values() ?? []) {
        for (const node of this.liveTimes(block).keys()) {
          const collector = block.arrivals.get(node)?.source.collector ?? 0;
          found.set(node, Math.max(collector, found.get(node) ?? 0));
        }
      }
      this.liveNodes.set(height, found);
      nodes = found;
    }
    return nodes;
  }

  /** When a block became the best one of nodes, without those that caught up. */
  private liveTimes(block: Block): ReadonlyMap<number, number> {
    if (block.times !== undefined) return block.times;
    const times = new Map<number, number>();
    let first = Infinity;
    let isSettled = true;
    for (const [node, arrival] of block.arrivals) {
      const time = this.clocks.timeOf(arrival);
      times.set(node, time);
      first = Math.min(first, time);
      isSettled &&= arrival.at !== undefined;
    }
    for (const [node, time] of times) if (time - first > LIVE_US) times.delete(node);
    block.times = times;
    block.settledAt = isSettled ? first : undefined;
    return times;
  }

  /** Infinity if there is none. */
  private firstLiveTime(block: Block): number {
    if (block.settledAt !== undefined) return block.settledAt;
    let first = Infinity;
    for (const time of this.liveTimes(block).values()) first = Math.min(first, time);
    return first;
  }

  get isEmpty(): boolean {
    return this.byHeight.size === 0 && this.heard.size === 0;
  }

  /** Forgets what arrived before a time. */
  forget(before: number): void {
    for (const [height, hashes] of this.byHeight) {
      for (const [hash, block] of hashes) {
        const { arrivals } = block;
        const { size } = arrivals;
        for (const [node, { receivedAt }] of arrivals) if (receivedAt < before) arrivals.delete(node);
        if (arrivals.size === 0) hashes.delete(hash);
        else if (arrivals.size < size) forgetComputed(block);
        // It is made again in the minute in which it is needed.
        block.times = undefined;
      }
      if (hashes.size === 0) this.byHeight.delete(height);
    }
    for (const minute of this.heard.keys()) if (minute < before) this.heard.delete(minute);
  }
}

/** By time of arrival, then by the node's own: the same one whatever the order in which they are read. */
function isEarlier(one: Stamped, other: Stamped): boolean {
  return (
    one.receivedAt - other.receivedAt < 0 ||
    (one.receivedAt === other.receivedAt && one.createdAt < other.createdAt)
  );
}

function emptyBlock(): Block {
  return { arrivals: new Map(), times: undefined, settledAt: undefined, stats: undefined };
}

function forgetComputed(block: Block): Block {
  block.times = undefined;
  block.settledAt = undefined;
  block.stats = undefined;
  return block;
}
