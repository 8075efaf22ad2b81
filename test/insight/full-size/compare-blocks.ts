import { HEIGHTS_BEFORE, LIVE_MS, rankOf, type SpreadBlock, spreadBlocks } from '../planted-chain.js';
import type { Bars, Found } from './bars.js';
import type { Stored } from './stored.js';
import type { TrueChain } from './truth-file.js';

const MINUTE_MS = 60_000;

/** A part of the history: milliseconds since the epoch. */
export interface Range {
  from: number;
  to: number;
}

export interface BlockBounds {
  p50Ms: number;
  p90Ms: number;
}

/** The blocks that count: nodes of two addresses reported them, or enough nodes, or one that reported them as final. */
export function countedBlocks(chain: TrueChain, addresses: ReadonlyMap<string, string>): SpreadBlock[] {
  const enough = Math.max(2, Math.ceil(chain.nodes.size / 3));
  const final = new Set([...chain.finalized.values()].flatMap((reports) => reports.map(({ hash }) => hash)));
  return spreadBlocks(chain).filter(
    ({ hash, arrivals }) =>
      final.has(hash) ||
      arrivals.size >= enough ||
      new Set([...arrivals.keys()].map((node) => addresses.get(node))).size >= 2,
  );
}

/** How fast blocks spread, by block and by minute. */
export async function compareBlocks(
  bars: Bars,
  stored: Stored,
  chain: TrueChain,
  { from, to, p50Ms, p90Ms }: Range & BlockBounds,
): Promise<void> {
  const counted = countedBlocks(chain, await stored.addresses()).filter(
    ({ firstSeenAt }) => firstSeenAt >= from && firstSeenAt < to,
  );
  const found = new Map((await stored.blocks(chain.genesisHash)).map((block) => [block.hash, block]));
  const wanted = new Set(counted.map(({ hash }) => hash));
  bars.none(`${chain.name}: blocks`, counted.length, [
    ...[...wanted].filter((hash) => !found.has(hash)).map((hash) => `${hash} is missing`),
    ...[...found.values()]
      .filter(({ hash, firstSeenAt: at }) => at >= from && at < to && !wanted.has(hash))
      .map(({ hash }) => `${hash} is not one`),
  ]);
  const wrong: string[] = [];
  const [p50s, p90s]: [Found[], Found[]] = [[], []];
  const unclear = unclearHeights(chain, p50Ms);
  const clear = counted.filter(({ height }) => !unclear.has(height));
  for (const real of clear) {
    const block = found.get(real.hash);
    if (block === undefined) continue;
    const delays = [...real.delays.values()];
    const arrived = delays.filter((delay) => delay < Infinity).length;
    if (block.expected !== delays.length || block.arrived !== arrived)
      wrong.push(
        `${real.hash} at ${iso(real.firstSeenAt)}: ${block.arrived} of ${block.expected} in place of ${arrived} of ${delays.length}`,
      );
    for (const [into, share, p] of [
      [p50s, 0.5, block.p50],
      [p90s, 0.9, block.p90],
    ] as const)
      into.push({
        value: errorOf(p, rankOf(delays, share)),
        what: `${real.hash} at ${iso(real.firstSeenAt)}`,
      });
  }
  bars.none(`${chain.name}: expected nodes of a block`, clear.length, wrong);
  bars.within(`${chain.name}: p50 of a block`, p50Ms, 'ms', p50s);
  bars.within(`${chain.name}: p90 of a block`, p90Ms, 'ms', p90s);
  if (clear.length < counted.length)
    bars.note(
      `${chain.name}: blocks with an arrival at the limit of a minute`,
      `${counted.length - clear.length} not compared`,
      counted.length,
    );
  await compareMinutes(bars, stored, chain, { counted, unclear }, { from, to, p50Ms, p90Ms });
}

/**
 * An arrival so near to the limit may count or not, as exactly as times are known. It decides whether the node is expected
 * at the heights above.
 */
function unclearHeights({ blocks }: TrueChain, withinMs: number): Set<number> {
  const heights = new Set<number>();
  for (const { height, arrivals } of blocks.values()) {
    const limit = [...arrivals.values()].reduce((first, at) => Math.min(first, at), Infinity) + LIVE_MS;
    if (![...arrivals.values()].some((at) => Math.abs(at - limit) <= withinMs)) continue;
    for (let above = 0; above <= HEIGHTS_BEFORE; above += 1) heights.add(height + above);
  }
  return heights;
}

/** Minutes at whose edge a block was first seen may have it or not. */
const EDGE_MS = 20;

async function compareMinutes(
  bars: Bars,
  stored: Stored,
  chain: TrueChain,
  { counted, unclear }: { counted: readonly SpreadBlock[]; unclear: ReadonlySet<number> },
  { from, to, p50Ms, p90Ms }: Range & BlockBounds,
): Promise<void> {
  const [p50s, p90s]: [Found[], Found[]] = [[], []];
  for (const { minute, p50, p90 } of await stored.minutes(chain.genesisHash)) {
    const end = minute + MINUTE_MS;
    const isEdge = counted.some(({ firstSeenAt: at }) =>
      [minute, end].some((edge) => Math.abs(at - edge) < EDGE_MS),
    );
    if (minute < from || end > to || isEdge) continue;
    const blocks = counted.filter(({ firstSeenAt: at }) => at >= minute && at < end);
    if (blocks.some(({ height }) => unclear.has(height))) continue;
    const delays = blocks.flatMap((block) => [...block.delays.values()]);
    p50s.push({ value: errorOf(p50, rankOf(delays, 0.5)), what: iso(minute) });
    p90s.push({ value: errorOf(p90, rankOf(delays, 0.9)), what: iso(minute) });
  }
  bars.within(`${chain.name}: p50 of a minute`, p50Ms, 'ms', p50s);
  bars.within(`${chain.name}: p90 of a minute`, p90Ms, 'ms', p90s);
}

/** Where one of them is null, both must be. */
function errorOf(found: number | null, real: number | null): number {
  if (found === null && real === null) return 0;
  return (found ?? NaN) - (real ?? NaN);
}

export function iso(time: number): string {
  return new Date(time).toISOString();
}
