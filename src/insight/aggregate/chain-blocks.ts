import { ImportedBlock, LIVE_US } from './imported-block.js';
import type { NodeClocks } from './node-clocks.js';
import type { ObserverGaps } from './observer-gaps.js';
import { closingOf, minuteOf, MINUTE_US, type Observation } from './observation.js';
import { binsOf, quantile, sortedNumbers } from './quantiles.js';

/** A block reaches those nodes first that have its parent; others must import their branch before. */
const FIRST_NODES = 5;
/** Nodes that imported one of so many heights before are expected to import a block. */
const HEIGHTS_BEFORE = 10;
/** Nodes send a block every second at most; what a hostile node sends beyond this in a minute is ignored. */
const MAX_IMPORTS_OF_MINUTE = 300;
/** Origins of blocks that a node imports as they spread. Old builds name none. */
const LIVE_ORIGINS = new Set<string | null>([null, 'NetworkBroadcast', 'ConsensusBroadcast', 'Own']);

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
  /** Expected nodes, ascending, and the delay at each of them; NaN where it did not arrive. */
  expected: Int32Array;
  delaysMs: Float64Array;
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
  private readonly byHeight = new Map<number, Map<string, ImportedBlock>>();
  /** What was computed of open blocks last, as long as nothing is added to them. */
  private readonly computed = new Map<ImportedBlock, BlockStats>();
  /** Nodes that sent anything, by minute, and how many blocks they imported in it. */
  private readonly heard = new Map<number, Map<number, number>>();

  constructor(
    readonly chain: number,
    private readonly clocks: NodeClocks,
    private readonly gaps: ObserverGaps,
  ) {}

  /** Adds a message. The order does not matter, and neither do repeated ones. */
  add(observation: Observation): void {
    const minute = minuteOf(observation.receivedAt);
    const { source, report } = observation;
    const nodes = this.heard.get(minute) ?? new Map<number, number>();
    this.heard.set(minute, nodes);
    const imports = nodes.get(source.node) ?? 0;
    nodes.set(source.node, imports);
    if (report?.kind !== 'import' || !LIVE_ORIGINS.has(report.origin)) return;
    const { height, hash } = report;
    const hashes = this.byHeight.get(height);
    const known = hashes?.get(hash);
    const replaced = known?.receivedAtOf(source.node);
    if (replaced === undefined && imports >= MAX_IMPORTS_OF_MINUTE) return;
    if (known?.isFirstImport(observation) === false) return;
    nodes.set(source.node, imports + 1);
    if (replaced !== undefined) this.notHeard(source.node, replaced);
    const block = known ?? new ImportedBlock(this.clocks);
    block.add(observation, report.origin === 'Own');
    this.computed.delete(block);
    this.byHeight.set(height, (hashes ?? new Map<string, ImportedBlock>()).set(hash, block));
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
    this.refresh(openFrom);
    const blocks: BlockStats[] = [];
    const computed: BlockStats[] = [];
    for (const [height, hashes] of this.byHeight) {
      for (const [hash, block] of hashes) {
        const known = this.computed.get(block);
        if (known !== undefined && known.firstSeenAt < to) {
          blocks.push(known);
          continue;
        }
        const { firstSeenAt } = block;
        if (!(firstSeenAt >= from && firstSeenAt < to)) continue;
        const sources = this.sources(block);
        if (!sources.counts && !isFinalized(height, hash, closingOf(minuteOf(firstSeenAt)))) continue;
        const stats = { ...this.delays(block, height, hash), singleSource: sources.single };
        this.computed.set(block, stats);
        blocks.push(stats);
        computed.push(stats);
      }
    }
    blocks.sort((one, other) => one.height - other.height || (one.hash < other.hash ? -1 : 1));
    return { blocks, computed };
  }

  /** Clocks may be known better than before, and blocks that are about to be closed are computed again. */
  private refresh(openFrom: number): void {
    for (const hashes of this.byHeight.values()) for (const block of hashes.values()) block.refresh();
    for (const [block, { firstSeenAt }] of this.computed)
      if (firstSeenAt < openFrom) this.computed.delete(block);
  }

  /** Nodes that sent anything in a minute, and how many blocks they imported in it as they spread. */
  importsIn(minute: number): ReadonlyMap<number, number> {
    return this.heard.get(minute) ?? new Map<number, number>();
  }

  /** Counts an import no more, because an earlier one of the same block is known. */
  private notHeard(node: number, receivedAt: number): void {
    const nodes = this.heard.get(minuteOf(receivedAt));
    const imports = nodes?.get(node);
    if (imports !== undefined) nodes?.set(node, imports - 1);
  }

  /** When any block of a height became the best one of a node; undefined if none did. */
  firstSeenOf(height: number): number | undefined {
    let first = Infinity;
    for (const block of this.blocksOf(height)) first = Math.min(first, block.firstSeenAt);
    return first === Infinity ? undefined : first;
  }

  private blocksOf(height: number): Iterable<ImportedBlock> {
    return this.byHeight.get(height)?.values() ?? [];
  }

  /** Nodes that sent anything in the minute of a time, or in the one before. */
  private heardAround(time: number): Set<number> {
    const minute = minuteOf(time);
    return new Set([minute, minute - MINUTE_US].flatMap((one) => [...(this.heard.get(one)?.keys() ?? [])]));
  }

  /** A single hostile node can report any block: two addresses must, or a third of the nodes. */
  private sources(block: ImportedBlock): { counts: boolean; single: boolean } {
    if (block.addresses().size >= 2) return { counts: true, single: false };
    const nodes = this.heardAround(block.firstSeenAt).size;
    const single = nodes <= 1;
    return {
      counts: block.liveNodes().length >= (single ? 1 : Math.max(2, Math.ceil(nodes / 3))),
      single,
    };
  }

  private delays(block: ImportedBlock, height: number, hash: string): Omit<BlockStats, 'singleSource'> {
    const { firstSeenAt } = block;
    const expected = this.expectedAt(block, height);
    const delaysMs = Float64Array.from(
      expected,
      (node) => ((block.timeOf(node) ?? NaN) - firstSeenAt) / 1000,
    );
    const arrived = delaysMs.reduce((count, delay) => (Number.isNaN(delay) ? count : count + 1), 0);
    const sorted = sortedNumbers(delaysMs).subarray(0, arrived);
    const at = (share: number): number | null => quantile(sorted, share, expected.length);
    return {
      chain: this.chain,
      height,
      hash,
      firstSeenAt,
      parent: this.parentOf(block, height),
      author: block.author ?? null,
      reporters: block.liveNodes().length,
      expected,
      delaysMs,
      arrived,
      p50Ms: at(0.5),
      p90Ms: at(0.9),
      p95Ms: at(0.95),
      p99Ms: at(0.99),
      spreadMs: arrived === 0 ? null : (sorted.at(-1) ?? 0) - (sorted[0] ?? 0),
      bins: binsOf(sorted),
    };
  }

  /** The block of the height before that was the best one of its author, or of most of its first nodes, when they got it. */
  private parentOf(block: ImportedBlock, height: number): string | null {
    const before = [...(this.byHeight.get(height - 1) ?? [])];
    const bestOf = (node: number, at: number): string | undefined => {
      let best: { hash: string; at: number } | undefined;
      for (const [hash, earlier] of before) {
        const time = earlier.timeOf(node);
        if (time !== undefined && time <= at && (best === undefined || time > best.at))
          best = { hash, at: time };
      }
      return best?.hash;
    };
    const first = before.length === 0 ? [] : block.liveNodesByTime();
    const votes = new Map<string, number>();
    for (const node of [...first.filter((one) => block.isMadeBy(one)), ...first]) {
      const best = bestOf(node, block.timeOf(node) ?? NaN);
      if (best === undefined) continue;
      if (block.isMadeBy(node)) return best;
      votes.set(best, (votes.get(best) ?? 0) + 1);
      if ([...votes.values()].reduce((sum, count) => sum + count) === FIRST_NODES) break;
    }
    return [...votes].sort(([, one], [, other]) => other - one)[0]?.[0] ?? null;
  }

  /**
   * The nodes that imported one of the heights before; all reporters, if nothing is known of those. Without those that
   * imported another block of the height, and without those whose server did not receive data.
   */
  private expectedAt(block: ImportedBlock, height: number): Int32Array {
    const expected = new Set<number>();
    for (let before = height - HEIGHTS_BEFORE; before < height; before += 1)
      for (const earlier of this.blocksOf(before)) for (const node of earlier.liveNodes()) expected.add(node);
    const isFirst = expected.size === 0;
    if (isFirst) for (const node of block.liveNodes()) expected.add(node);
    for (const other of this.blocksOf(height)) {
      if (other === block) continue;
      for (const node of other.liveNodes()) if (block.timeOf(node) === undefined) expected.delete(node);
    }
    const { firstSeenAt } = block;
    const blind = this.gaps.collectorsAt(firstSeenAt, firstSeenAt + LIVE_US);
    if (blind.size > 0) {
      for (const node of expected) {
        const collector = isFirst ? block.collectorOf(node) : this.collectorBefore(node, height);
        if (blind.has(collector ?? 0)) expected.delete(node);
      }
    }
    return Int32Array.from(expected).sort();
  }

  /** The server process that a node was connected to at the last one of the heights before that it imported. */
  private collectorBefore(node: number, height: number): number | undefined {
    for (let before = height - 1; before >= height - HEIGHTS_BEFORE; before -= 1) {
      const collectors = [...this.blocksOf(before)].flatMap((block) => block.collectorOf(node) ?? []);
      if (collectors.length > 0) return Math.max(...collectors);
    }
    return undefined;
  }

  get isEmpty(): boolean {
    return this.byHeight.size === 0 && this.heard.size === 0;
  }

  /** Forgets what arrived before a time. */
  forget(before: number): void {
    for (const [height, hashes] of this.byHeight) {
      for (const [hash, block] of hashes) {
        if (block.forget(before)) this.computed.delete(block);
        if (block.isEmpty) hashes.delete(hash);
      }
      if (hashes.size === 0) this.byHeight.delete(height);
    }
    for (const minute of this.heard.keys()) if (minute < before) this.heard.delete(minute);
  }
}
