import {
  type NetworkOptions,
  SimulatedNetwork,
  type TruthKind,
  TruthLog,
} from '../../src/simulator/index.js';

/** A block of a simulated chain. Times are milliseconds since the epoch, true time. */
export interface ChainBlock {
  height: number;
  hash: string;
  parent: string;
  authoredAt: number;
  author: string | null;
  /** When it first became the best block of each node that reported it as it spread. */
  arrivals: Map<string, number>;
}

export interface ChainNode {
  version: string;
  authority: boolean;
}

interface Span {
  began: number;
  ended: number;
}

/** What really happened to one chain. */
export interface PlantedChain {
  blocks: ReadonlyMap<string, ChainBlock>;
  forks: readonly { height: number; depth: number; winner_hash: string; loser_hashes: string[] }[];
  /** Slots without a block. */
  missedSlots: readonly number[];
  halts: readonly Span[];
  stalls: readonly Span[];
  outages: readonly Span[];
  /** By node: heights that it reported as final, in the order of time. */
  finalized: ReadonlyMap<string, readonly { height: number; hash: string; at: number }[]>;
  nodes: ReadonlyMap<string, ChainNode>;
}

const KINDS = [
  'block',
  'arrival',
  'finalized',
  'missed_slot',
  'fork',
  'stall',
  'halt',
  'outage',
  'node',
] as const;

/** A line of the truth, parsed. */
export type TruthLine = Readonly<Record<string, unknown>> & {
  kind: TruthKind;
  chain?: string;
  peer_id: string;
};

/** Collects what the lines of the truth say of one chain. */
export interface ChainReader {
  truth: PlantedChain;
  add: (line: TruthLine) => void;
}

/** @param chain its genesis hash */
export function plantedChain(options: NetworkOptions, endAt: number, chain: string): PlantedChain {
  const { truth, add } = chainReader(chain);
  const log = new TruthLog({
    kinds: KINDS,
    endAt,
    write: (text) => add(JSON.parse(text) as TruthLine),
  });
  for (const { at } of new SimulatedNetwork({ ...options, observer: log }).events()) if (at >= endAt) break;
  log.end();
  return truth;
}

/** @param chain its genesis hash */
export function chainReader(chain: string): ChainReader {
  const blocks = new Map<string, ChainBlock>();
  const finalized = new Map<string, { height: number; hash: string; at: number }[]>();
  const nodes = new Map<string, ChainNode>();
  const truth = {
    blocks,
    finalized,
    nodes,
    forks: [] as PlantedChain['forks'][number][],
    missedSlots: [] as number[],
    halts: [] as Span[],
    stalls: [] as Span[],
    outages: [] as Span[],
  };
  const take: Partial<Record<TruthKind, (line: TruthLine) => void>> = {
    block: (line) => {
      const {
        height,
        hash,
        parent_hash: parent,
        author,
      } = line as unknown as ChainBlock & {
        parent_hash: string;
      };
      const authoredAt = timeOf(line.authored_at);
      blocks.set(hash, { height, hash, parent, author, authoredAt, arrivals: new Map() });
    },
    arrival: ({ hash, peer_id: node, at, origin, reported }) => {
      const arrivals = blocks.get(hash as string)?.arrivals;
      if (reported === true && origin !== 'sync' && arrivals?.has(node) === false)
        arrivals.set(node, timeOf(at));
    },
    finalized: ({ peer_id: node, height, hash, at, reported }) => {
      if (reported !== true) return;
      const reports = finalized.get(node) ?? [];
      finalized.set(node, reports);
      reports.push({ height: height as number, hash: hash as string, at: timeOf(at) });
    },
    missed_slot: ({ at }) => truth.missedSlots.push(timeOf(at)),
    fork: (line) => truth.forks.push(line as unknown as PlantedChain['forks'][number]),
    stall: (line) => truth.stalls.push(spanOf(line)),
    halt: (line) => truth.halts.push(spanOf(line)),
    outage: (line) => truth.outages.push(spanOf(line)),
    node: ({ peer_id: node, version, authority }) =>
      nodes.set(node, { version: version as string, authority: authority as boolean }),
  };
  const add = (line: TruthLine): void => {
    if (line.chain === undefined || line.chain === chain) take[line.kind]?.(line);
  };
  return { truth, add };
}

function timeOf(text: unknown): number {
  return Date.parse(text as string);
}

function spanOf({ began, ended }: TruthLine): Span {
  return { began: timeOf(began), ended: ended === null ? Infinity : timeOf(ended) };
}

/** Later arrivals of a block are those of a node that catches up. */
export const LIVE_MS = 60_000;
/** Nodes need so long to connect again after a gap of the observer. */
export const GRACE_MS = 60_000;
/** Nodes that imported one of so many heights before are expected at a block. */
export const HEIGHTS_BEFORE = 10;

export function byHeightOf<T extends { height: number }>(blocks: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const block of blocks) groups.set(block.height, [...(groups.get(block.height) ?? []), block]);
  return groups;
}

/** A block with its delays at the expected nodes, by the definitions of docs/schema.md. */
export interface SpreadBlock extends ChainBlock {
  firstSeenAt: number;
  /** By expected node: milliseconds; infinite where it did not arrive. */
  delays: ReadonlyMap<string, number>;
}

/** The blocks that any node reported, by height. */
export function spreadBlocks({ blocks, outages }: PlantedChain): SpreadBlock[] {
  const live = [...blocks.values()]
    .filter(({ arrivals }) => arrivals.size > 0)
    .map((block) => {
      const firstSeenAt = Math.min(...block.arrivals.values());
      const arrivals = [...block.arrivals].filter(([, at]) => at - firstSeenAt <= LIVE_MS);
      return { ...block, firstSeenAt, arrivals: new Map(arrivals) };
    });
  const byHeight = byHeightOf(live);
  return live
    .map((block) => {
      const expected = new Set<string>();
      for (let before = 1; before <= HEIGHTS_BEFORE; before += 1)
        for (const { arrivals } of byHeight.get(block.height - before) ?? [])
          for (const node of arrivals.keys()) expected.add(node);
      // After a gap of the observer, nothing is known of them.
      if (expected.size === 0) for (const node of block.arrivals.keys()) expected.add(node);
      for (const other of byHeight.get(block.height) ?? [])
        for (const node of other.arrivals.keys()) if (!block.arrivals.has(node)) expected.delete(node);
      // No node is expected at a block that its server could not hear of for a minute, nor in the minute after a gap.
      const isBlind = outages.some(
        ({ began, ended }) => began < block.firstSeenAt + LIVE_MS && ended + GRACE_MS > block.firstSeenAt,
      );
      if (isBlind) expected.clear();
      const delays = [...expected].map(
        (node) => [node, (block.arrivals.get(node) ?? Infinity) - block.firstSeenAt] as const,
      );
      return { ...block, delays: new Map(delays) };
    })
    .sort((one, other) => one.height - other.height);
}

/** The value at or below which a share of all lies; null if it is infinite. */
export function rankOf(values: readonly number[], share: number): number | null {
  const value =
    values.toSorted((one, other) => one - other)[Math.ceil(share * values.length) - 1] ?? Infinity;
  return value === Infinity ? null : value;
}

/** When half of the nodes that a height was expected at had reported it as final; by height. */
export function finalTimes(truth: PlantedChain): Map<number, number> {
  const times = new Map<number, number>();
  for (const [height, blocks] of byHeightOf(spreadBlocks(truth))) {
    const nodes = new Set(blocks.flatMap(({ delays }) => [...delays.keys()]));
    const reached = [...nodes].map(
      (node) => truth.finalized.get(node)?.find((report) => report.height >= height)?.at ?? Infinity,
    );
    const half = reached.toSorted((one, other) => one - other)[Math.ceil(nodes.size / 2) - 1] ?? Infinity;
    if (half < Infinity)
      times.set(height, Math.max(half, Math.min(...blocks.map(({ firstSeenAt }) => firstSeenAt))));
  }
  return times;
}
