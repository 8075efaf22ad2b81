import { timeOf } from '../../storage/index.js';
import type { StatusCounts } from '../network.dto.js';
import { CONNECTED_STATUSES } from '../status/status.js';
import type { NodeState } from './node-state.js';

/** Number of blocks of the average. */
const AVERAGED = 20;
/** Number of remembered heights, the most recently reported ones. */
const HEIGHTS = 64;
/** How long hashes and heights are remembered: microseconds; and how many hashes. */
const REMEMBERED_US = 600e6;
const HASHES = 20_000;
/** Number of blocks whose reporters are remembered. */
const MAX_BLOCK_REPORTS = 4_096;

/** The origin of a report of a block. */
export interface Reporter {
  /** Identifies the node. */
  node: string;
  /** See `addressGroup`. */
  address: string;
}

/** A block that nodes report. */
interface BlockReport {
  height: number;
  /** When it was first reported: microseconds since the epoch. */
  at: number;
  isConfirmed: boolean;
  /** Its reporters, until it is confirmed. */
  nodes: Set<string>;
  addresses: Set<string>;
}

/** The number of nodes of one address that confirm a report, given the number of reporting nodes. */
function quorumOf(reporting: number): number {
  return reporting === 1 ? 1 : Math.max(2, Math.ceil(reporting / 3));
}

/** Whether a report is confirmed: by nodes of two addresses, or by a third of the reporting nodes. */
function isConfirmed(nodes: number, addresses: number, reporting: number): boolean {
  return (nodes >= 2 && addresses >= 2) || nodes >= quorumOf(reporting);
}

/** When the blocks of a chain were first reported, by the clock of the server. Times are microseconds since the epoch. */
export class BlockTimes {
  private readonly hashes = new Map<string, number>();
  private readonly blockReports = new Map<string, BlockReport>();
  /** Times of confirmed heights. */
  private readonly heights = new Map<number, number>();

  /**
   * @param height null for an old block that a syncing node imports: it does not tell when the block was produced
   * @returns whether this is an earlier time than the known one
   */
  note(hash: string, height: number | null, at: number, reporter?: Reporter): boolean {
    if (height !== null && reporter !== undefined) this.addReport(hash, height, at, reporter);
    const known = this.hashes.get(hash);
    if (known !== undefined && known <= at) return false;
    this.hashes.set(hash, at);
    return known !== undefined;
  }

  /** Records the heights of confirmed blocks. @param reporting number of nodes that report heights */
  confirm(reporting: number): void {
    for (const report of this.blockReports.values()) {
      if (report.isConfirmed || !isConfirmed(report.nodes.size, report.addresses.size, reporting)) continue;
      report.isConfirmed = true;
      report.nodes.clear();
      report.addresses.clear();
      this.noteHeight(report.height, report.at);
    }
  }

  firstSeen(hash: string): number | undefined {
    return this.hashes.get(hash);
  }

  /**
   * The average time between the most recently reported confirmed blocks: milliseconds; null if no two consecutive ones
   * are known. Only nodes that import it late report the first block after they connected, so the time after it is
   * averaged only if it is the only one.
   *
   * @param best the confirmed height of the chain
   */
  average(best: number): number | null {
    const known = this.byTime().filter(([height]) => height <= best);
    const steps = known.slice(-AVERAGED).flatMap(([height, at]) => {
      const before = this.heights.get(height - 1);
      return before === undefined ? [] : [{ after: height - 1, tookUs: at - before }];
    });
    const [first] = known[0] ?? [];
    const later = steps.filter(({ after }) => after !== first);
    const averaged = later.length > 0 ? later : steps;
    const tookUs = averaged.reduce((sum, step) => sum + step.tookUs, 0);
    return averaged.length === 0 ? null : Math.max(0, Math.round(tookUs / averaged.length / 1000));
  }

  prune(now: number): void {
    const excessHashes = this.hashes.size - HASHES;
    let removed = 0;
    // Oldest first.
    for (const [hash, at] of this.hashes) {
      if (at >= now - REMEMBERED_US && removed >= excessHashes) break;
      this.hashes.delete(hash);
      removed += 1;
    }
    const excessReports = this.blockReports.size - MAX_BLOCK_REPORTS;
    removed = 0;
    for (const [key, { at }] of this.blockReports) {
      if (at >= now - REMEMBERED_US && removed >= excessReports) break;
      this.blockReports.delete(key);
      removed += 1;
    }
    if (this.heights.size <= HEIGHTS) return;
    for (const [height] of this.byTime().slice(0, -HEIGHTS)) this.heights.delete(height);
  }

  private addReport(hash: string, height: number, at: number, { node, address }: Reporter): void {
    const key = `${height.toString()} ${hash}`;
    let report = this.blockReports.get(key);
    if (report === undefined) {
      report = { height, at, isConfirmed: false, nodes: new Set(), addresses: new Set() };
      this.blockReports.set(key, report);
    }
    report.at = Math.min(report.at, at);
    if (report.isConfirmed) {
      this.noteHeight(height, report.at);
      return;
    }
    report.nodes.add(node);
    report.addresses.add(address);
  }

  private noteHeight(height: number, at: number): void {
    const seen = this.heights.get(height);
    // A chain that was restarted has the same heights again.
    if (seen === undefined || at < seen || at > seen + REMEMBERED_US) this.heights.set(height, at);
  }

  private byTime(): [height: number, at: number][] {
    return [...this.heights].sort(([, one], [, other]) => one - other);
  }
}

/** The summary of all nodes of a chain: the fields of a NetworkHeader. */
export interface Header {
  node_count: number;
  shown_count: number;
  validator_count: number;
  status_counts: StatusCounts;
  best_height: number | null;
  best_hash: string | null;
  finalized_height: number | null;
  finalized_hash: string | null;
  single_source: boolean;
  average_block_time_ms: number | null;
  last_block_at: string | null;
}

/** All connected nodes of a chain, including those beyond the limit of a view. */
export interface NodeTotal {
  nodes: number;
  validators: number;
}

/** A height that a node reports. */
export interface HeightReport {
  height: number;
  hash: string | null;
  /** When it was reported: microseconds since the epoch. */
  at: number;
  /** The address of this report. Other connections of the node do not count: their peer id may be forged. */
  address: string;
}

/**
 * @param total undefined if `nodes` are all nodes
 * @returns confirmed heights: reported, or exceeded, by nodes of two addresses or by a third of the reporting nodes. A
 * single node decides only if no other node reports.
 */
export function headerOf(nodes: readonly NodeState[], blocks: BlockTimes, total?: NodeTotal): Header {
  const reporting = nodes.filter(
    ({ best, finalized }) => best !== undefined || finalized !== undefined,
  ).length;
  blocks.confirm(reporting);
  const best = confirmedHeight(nodes.flatMap(bestReport), reporting, blocks);
  const finalized = confirmedHeight(nodes.flatMap(finalizedReport), reporting, blocks);
  const validators = nodes.filter((node) => node.get('authority') === true).length;
  const isWhole = total === undefined || total.nodes <= nodes.length;
  return {
    node_count: isWhole ? nodes.length : total.nodes,
    shown_count: nodes.length,
    validator_count: isWhole ? validators : total.validators,
    status_counts: countStatuses(nodes),
    best_height: best?.height ?? null,
    best_hash: best?.hash ?? null,
    finalized_height: finalized?.height ?? null,
    finalized_hash: finalized?.hash ?? null,
    single_source: reporting === 1,
    average_block_time_ms: best === undefined ? null : blocks.average(best.height),
    last_block_at: best === undefined ? null : timeOf(best.at),
  };
}

function countStatuses(nodes: readonly NodeState[]): StatusCounts {
  const counts = noStatuses();
  for (const node of nodes) {
    const status = CONNECTED_STATUSES.find((one) => one === node.get('status'));
    if (status !== undefined) counts[status] += 1;
  }
  return counts;
}

/** No node of any status. */
export function noStatuses(): StatusCounts {
  return { silent: 0, syncing: 0, fork: 0, stuck: 0, lagging: 0, healthy: 0 };
}

function bestReport({ best }: NodeState): HeightReport[] {
  return best === undefined ? [] : [best];
}

function finalizedReport({ finalized }: NodeState): HeightReport[] {
  return finalized === undefined ? [] : [{ ...finalized.value, at: finalized.at }];
}

/** The highest confirmed height, the hash that most nodes report for it, and when that was first reported. */
export function confirmedHeight(
  reports: HeightReport[],
  reporting: number,
  blocks: Pick<BlockTimes, 'firstSeen'>,
): { height: number; hash: string | null; at: number } | undefined {
  reports.sort((one, other) => other.height - one.height);
  const addresses = new Set<string>();
  const last = reports.findIndex((report, at) => {
    // Two are sufficient.
    if (addresses.size < 2) addresses.add(report.address);
    return isConfirmed(at + 1, addresses.size, reporting);
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
