import {
  type NetworkOptions,
  SimulatedNetwork,
  type TruthKind,
  TruthLog,
} from '../../src/simulator/index.js';

export interface PlantedArrival {
  height: number;
  hash: string;
  node: string;
  /** Milliseconds since the epoch, true time. */
  at: number;
}

export interface PlantedFork {
  height: number;
  depth: number;
  winner_hash: string;
  loser_hashes: string[];
}

export interface PlantedTruth {
  /** First arrivals that nodes reported of blocks as they spread, by block. */
  arrivals: ReadonlyMap<string, readonly PlantedArrival[]>;
  forks: readonly PlantedFork[];
}

type Line = Readonly<Record<string, unknown>> & { kind: TruthKind; chain: string };

/**
 * What really happened to one chain.
 *
 * @param chain its genesis hash
 */
export function plantedTruth(options: NetworkOptions, endAt: number, chain: string): PlantedTruth {
  const arrivals = new Map<string, Map<string, PlantedArrival>>();
  const forks: PlantedFork[] = [];
  const take = (line: Line): void => {
    if (line.chain !== chain) return;
    if (line.kind === 'fork') forks.push(line as unknown as PlantedFork);
    if (line.kind !== 'arrival') return;
    const { height, hash, peer_id: node, at, reported, origin } = line;
    if (reported !== true || origin === 'sync') return;
    const ofBlock = arrivals.get(hash as string) ?? new Map<string, PlantedArrival>();
    arrivals.set(hash as string, ofBlock);
    const arrival = { height, hash, node, at: Date.parse(at as string) } as PlantedArrival;
    if (!ofBlock.has(arrival.node)) ofBlock.set(arrival.node, arrival);
  };
  const log = new TruthLog({
    kinds: ['arrival', 'fork'],
    endAt,
    write: (line) => take(JSON.parse(line) as Line),
  });
  for (const { at } of new SimulatedNetwork({ ...options, observer: log }).events()) if (at >= endAt) break;
  log.end();
  return {
    arrivals: new Map([...arrivals].map(([hash, ofBlock]) => [hash, [...ofBlock.values()]])),
    forks,
  };
}

export interface PlantedBlock {
  height: number;
  hash: string;
  firstSeenAt: number;
  expected: number;
  arrived: number;
  /** Milliseconds; null if it did not reach so many of the expected nodes. */
  p50: number | null;
  p90: number | null;
}

const LIVE_MS = 60_000;
const HEIGHTS_BEFORE = 10;

/** How each block reached the nodes that it was expected at, by the definitions of docs/schema.md. */
export function plantedBlocks({ arrivals }: PlantedTruth): PlantedBlock[] {
  const live = [...arrivals.values()].map((all) => {
    const firstSeenAt = Math.min(...all.map(({ at }) => at));
    const delays = new Map(
      all.filter(({ at }) => at - firstSeenAt <= LIVE_MS).map(({ node, at }) => [node, at - firstSeenAt]),
    );
    return { height: all[0]?.height ?? 0, hash: all[0]?.hash ?? '', firstSeenAt, delays };
  });
  const byHeight = new Map<number, typeof live>();
  for (const block of live) byHeight.set(block.height, [...(byHeight.get(block.height) ?? []), block]);
  return live
    .map(({ height, hash, firstSeenAt, delays }) => {
      const expected = new Set<string>();
      for (let before = 1; before <= HEIGHTS_BEFORE; before += 1) {
        for (const other of byHeight.get(height - before) ?? [])
          for (const node of other.delays.keys()) expected.add(node);
      }
      for (const other of byHeight.get(height) ?? []) {
        if (other.hash === hash) continue;
        for (const node of other.delays.keys()) if (!delays.has(node)) expected.delete(node);
      }
      const sorted = [...expected].map((node) => delays.get(node) ?? Infinity).sort((a, b) => a - b);
      const rank = (share: number): number | null => {
        const delay = sorted[Math.ceil(share * sorted.length) - 1] ?? Infinity;
        return delay === Infinity ? null : delay;
      };
      const arrived = sorted.filter((delay) => delay < Infinity).length;
      return { height, hash, firstSeenAt, expected: expected.size, arrived, p50: rank(0.5), p90: rank(0.9) };
    })
    .sort((one, other) => one.height - other.height || (one.hash < other.hash ? -1 : 1));
}
