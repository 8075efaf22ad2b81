import { timeOf } from '../../storage/index.js';
import type { NodeState } from './node-state.js';

/** Blocks that the average is made over. */
const AVERAGED = 20;
/** Heights that are remembered, those that were reported last. */
const HEIGHTS = 64;
/** Hashes and heights are remembered for so long (microseconds), */
const REMEMBERED_US = 600e6;
/** and so many hashes. */
const HASHES = 20_000;
/** Blocks of which it is remembered who reported them. */
const CLAIMS = 4_096;

/** Who reported a block. */
export interface Witness {
  /** Tells nodes apart. */
  node: string;
  /** See `addressGroup`. */
  address: string;
}

/** A block as nodes report it. */
interface Claim {
  height: number;
  /** When it was first reported: microseconds since the epoch. */
  at: number;
  counts: boolean;
  /** Who reported it, until it counts. */
  nodes: Set<string>;
  addresses: Set<string>;
}

/** How many nodes of one address are enough for what they report to count, of so many that report. */
export function enoughOf(reporting: number): number {
  return reporting === 1 ? 1 : Math.max(2, Math.ceil(reporting / 3));
}

/** Whether what was reported by nodes counts: those of two addresses are enough, or a third of them. */
export function counts(nodes: number, addresses: number, reporting: number): boolean {
  return (nodes >= 2 && addresses >= 2) || nodes >= enoughOf(reporting);
}

/** When the blocks of a chain were first reported, by our clock. Times are microseconds since the epoch. */
export class BlockTimes {
  private readonly hashes = new Map<string, number>();
  private readonly claims = new Map<string, Claim>();
  /** Of blocks that count. */
  private readonly heights = new Map<number, number>();

  /**
   * @param height null for a block of the past, which a node fetches: it says nothing of when blocks come
   * @returns whether this is an earlier time of a block than was known
   */
  note(hash: string, height: number | null, at: number, witness?: Witness): boolean {
    if (height !== null && witness !== undefined) this.claim(hash, height, at, witness);
    const known = this.hashes.get(hash);
    if (known !== undefined && known <= at) return false;
    this.hashes.set(hash, at);
    return known !== undefined;
  }

  /** Takes the heights of blocks that enough nodes have reported. @param reporting how many nodes report heights */
  settle(reporting: number): void {
    for (const claim of this.claims.values()) {
      if (claim.counts || !counts(claim.nodes.size, claim.addresses.size, reporting)) continue;
      claim.counts = true;
      claim.nodes.clear();
      claim.addresses.clear();
      this.noteHeight(claim.height, claim.at);
    }
  }

  firstSeen(hash: string): number | undefined {
    return this.hashes.get(hash);
  }

  /**
   * Over the blocks that count and were reported last: milliseconds; null where no two that follow each other are
   * known.
   *
   * @param best the height that counts for the chain
   */
  average(best: number): number | null {
    const last = this.byTime()
      .filter(([height]) => height <= best)
      .slice(-AVERAGED);
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
    const many = this.claims.size - CLAIMS;
    passed = 0;
    for (const [key, { at }] of this.claims) {
      if (at >= now - REMEMBERED_US && passed >= many) break;
      this.claims.delete(key);
      passed += 1;
    }
    if (this.heights.size <= HEIGHTS) return;
    for (const [height] of this.byTime().slice(0, -HEIGHTS)) this.heights.delete(height);
  }

  private claim(hash: string, height: number, at: number, { node, address }: Witness): void {
    const key = `${height.toString()} ${hash}`;
    let claim = this.claims.get(key);
    if (claim === undefined) {
      claim = { height, at, counts: false, nodes: new Set(), addresses: new Set() };
      this.claims.set(key, claim);
    }
    claim.at = Math.min(claim.at, at);
    if (claim.counts) {
      this.noteHeight(height, claim.at);
      return;
    }
    claim.nodes.add(node);
    claim.addresses.add(address);
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

/** What the nodes of a chain say together: the fields of a NetworkHeader. */
export interface Header {
  node_count: number;
  shown_count: number;
  validator_count: number;
  best_height: number | null;
  best_hash: string | null;
  finalized_height: number | null;
  finalized_hash: string | null;
  single_source: boolean;
  average_block_time_ms: number | null;
  last_block_at: string | null;
}

/** All nodes of a chain that are connected, also those that a view has no room for. */
export interface NodeTotal {
  nodes: number;
  validators: number;
}

/** A height that a node reports. */
interface HeightReport {
  height: number;
  hash: string | null;
  /** When it was reported: microseconds since the epoch. */
  at: number;
  /** Where it came from. Another connection of the node, from elsewhere, is no witness: its peer id may be forged. */
  address: string;
}

/**
 * @param total undefined where `nodes` are all
 * @returns what counts: a height that nodes of two addresses report or a higher one, or a third of those that report
 * any. No single node decides, unless it is alone.
 */
export function headerOf(nodes: readonly NodeState[], blocks: BlockTimes, total?: NodeTotal): Header {
  const reporting = nodes.filter(
    ({ best, finalized }) => best !== undefined || finalized !== undefined,
  ).length;
  blocks.settle(reporting);
  const best = counting(nodes.flatMap(bestReport), reporting, blocks);
  const finalized = counting(nodes.flatMap(finalizedReport), reporting, blocks);
  const validators = nodes.filter((node) => node.get('authority') === true).length;
  const isWhole = total === undefined || total.nodes <= nodes.length;
  return {
    node_count: isWhole ? nodes.length : total.nodes,
    shown_count: nodes.length,
    validator_count: isWhole ? validators : total.validators,
    best_height: best?.height ?? null,
    best_hash: best?.hash ?? null,
    finalized_height: finalized?.height ?? null,
    finalized_hash: finalized?.hash ?? null,
    single_source: reporting === 1,
    average_block_time_ms: best === undefined ? null : blocks.average(best.height),
    last_block_at: best === undefined ? null : timeOf(best.at),
  };
}

function bestReport({ best }: NodeState): HeightReport[] {
  return best === undefined ? [] : [best];
}

function finalizedReport({ finalized }: NodeState): HeightReport[] {
  return finalized === undefined ? [] : [{ ...finalized.value, at: finalized.at }];
}

/** The highest that counts, with the hash that most nodes report of it, and when that was first reported. */
function counting(
  reports: HeightReport[],
  reporting: number,
  blocks: BlockTimes,
): { height: number; hash: string | null; at: number } | undefined {
  reports.sort((one, other) => other.height - one.height);
  const addresses = new Set<string>();
  const last = reports.findIndex((report, at) => {
    // Two are enough, and there may be many.
    if (addresses.size < 2) addresses.add(report.address);
    return counts(at + 1, addresses.size, reporting);
  });
  const height = reports[last]?.height;
  if (height === undefined) return undefined;
  const hashes = new Map<string | null, { count: number; at: number }>();
  for (const { hash, at } of reports.filter((report) => report.height === height)) {
    const known = hashes.get(hash) ?? {
      count: 0,
      at: (hash === null ? undefined : blocks.firstSeen(hash)) ?? at,
    };
    hashes.set(hash, { count: known.count + 1, at: Math.min(known.at, at) });
  }
  const [first] = [...hashes].sort(([, one], [, other]) => other.count - one.count || one.at - other.at);
  return first === undefined ? undefined : { height, hash: first[0], at: first[1].at };
}
