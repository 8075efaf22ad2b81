import { timeOf } from '../../storage/index.js';
import { type BlockTimes, counts } from './block-times.js';
import type { NodeState } from './node-state.js';

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
