import { type SpreadBlock } from '../planted-chain.js';
import type { Bars, Found } from './bars.js';
import { countedBlocks, iso, type Range } from './compare-blocks.js';
import type { Routes } from './routes.js';
import type { Stored } from './stored.js';
import type { TrueChain } from './truth-file.js';

const MINUTE_MS = 60_000;

interface Forks {
  complete: boolean;
  forks: { depth: number; branches: { hashes: string[]; canonical: boolean | null }[] }[];
}

interface ForkText {
  text: string;
  hashes: string[];
}

/**
 * Each fork with its branches, and which one won. Where the author of a block was not connected when it made it,
 * or when it got the block below, no message shows on which branch it is: that is inferred, and a wrong canonical block must
 * be marked so.
 */
export async function compareForks(
  bars: Bars,
  stored: Stored,
  routes: Routes,
  chain: TrueChain,
  range: Range,
): Promise<void> {
  const counted = new Map(countedBlocks(chain, await stored.addresses()).map((block) => [block.hash, block]));
  const lost = new Set(chain.forks.flatMap(({ loser_hashes: hashes }) => hashes));
  const final = (await stored.blocks(chain.genesisHash)).filter(({ canonical }) => canonical !== null);
  const planted = plantedForks(chain, counted, lost);
  const unshown = new Set(planted.filter((fork) => !fork.isShown).flatMap(({ hashes }) => hashes));
  bars.none(
    `${chain.name}: blocks that lost or won`,
    final.length,
    final
      .filter(({ hash, canonical, inferred }) => {
        const isTold = inferred === false || !unshown.has(hash);
        return isTold && canonical === lost.has(hash);
      })
      .map(({ hash }) => hash),
  );
  const isWithin = ({ hashes }: ForkText): boolean =>
    hashes.every((hash) => {
      const at = counted.get(hash)?.firstSeenAt ?? NaN;
      return at >= range.from && at < range.to;
    });
  const answer = await routes.get<Forks>(`/chains/${chain.genesisHash}/forks`, { ...range, limit: 1_000 });
  const wanted = planted.filter((fork) => fork.isShown && isWithin(fork));
  const found = answer.forks
    .map(textOf)
    .filter((fork) => isWithin(fork) && !fork.hashes.some((hash) => unshown.has(hash)));
  const [wantedTexts, foundTexts] = [wanted, found].map((forks) => new Set(forks.map(({ text }) => text)));
  bars.none(`${chain.name}: forks and their branches`, wanted.length, [
    ...(answer.complete ? [] : ['The answer is not complete.']),
    ...wanted.filter(({ text }) => foundTexts?.has(text) !== true).map(({ text }) => `missing: ${text}`),
    ...found.filter(({ text }) => wantedTexts?.has(text) !== true).map(({ text }) => `not one: ${text}`),
  ]);
  const inferred = planted.filter((fork) => !fork.isShown && isWithin(fork));
  const all = new Set(answer.forks.map((fork) => textOf(fork).text));
  const right = inferred.filter(({ text }) => all.has(text)).length;
  bars.note(`${chain.name}: forks of which no message shows a parent`, `${right} right`, inferred.length);
}

function plantedForks(
  chain: TrueChain,
  counted: ReadonlyMap<string, SpreadBlock>,
  lost: ReadonlySet<string>,
): (ForkText & { isShown: boolean })[] {
  return chain.forks.flatMap(({ loser_hashes: losers }) => {
    const losing = losers.filter((hash) => counted.has(hash));
    const heights = new Set(losing.map((hash) => counted.get(hash)?.height));
    const winning = [...counted.values()].filter(
      ({ hash, height }) => !lost.has(hash) && heights.has(height),
    );
    if (losing.length === 0) return [];
    const hashes = [...losing, ...winning.map(({ hash }) => hash)];
    const isShown = hashes.every((hash) => {
      const { author, parent = '', arrivals } = counted.get(hash) ?? {};
      if (!hashes.includes(parent)) return true;
      const reported = [arrivals, counted.get(parent)?.arrivals];
      return author !== null && author !== undefined && reported.every((all) => all?.has(author) === true);
    });
    const text = forkText([winning.map(({ hash }) => hash)], [losing]);
    return [{ text, hashes, isShown }];
  });
}

function textOf({ branches }: Forks['forks'][number]): ForkText {
  const of = (canonical: boolean): string[][] =>
    branches.filter((branch) => branch.canonical === canonical).map(({ hashes }) => hashes);
  return { text: forkText(of(true), of(false)), hashes: branches.flatMap(({ hashes }) => hashes) };
}

function forkText(winning: readonly string[][], losing: readonly string[][]): string {
  const sideText = (branches: readonly string[][]): string =>
    branches.map((hashes) => hashes.map((hash) => hash.slice(0, 10)).join()).join(' and ');
  return `${sideText(winning)} against ${sideText(losing)}`;
}

/** Halts and stalls of finality, which begin and end within one block of the truth. */
export async function compareSpans(bars: Bars, stored: Stored, chain: TrueChain): Promise<void> {
  const authored = [...chain.blocks.values()].map(({ authoredAt }) => authoredAt);
  const finalRises = risesOf(chain);
  const real = [
    // With the last block before, and with the first one after it.
    ...chain.halts.map(({ began, ended }) => ({
      kind: 'halt',
      began: Math.max(...authored.filter((at) => at < began)),
      ended: Math.min(...authored.filter((at) => at >= ended)),
    })),
    // With the last blocks that became final before, and with the first ones after it.
    ...chain.stalls.map(({ began, ended }) => ({
      kind: 'finality_stall',
      began: Math.max(...finalRises.filter((at) => at < began)),
      ended: Math.min(...finalRises.filter((at) => at >= ended)),
    })),
  ].sort((one, other) =>
    one.kind === other.kind ? one.began - other.began : one.kind < other.kind ? -1 : 1,
  );
  const found = await stored.spans(chain.genesisHash);
  const texts = found.map(({ kind, began, ended }) => `${kind} ${iso(began)} ${iso(ended ?? NaN)}`);
  const isSame = found.map(({ kind }) => kind).join() === real.map(({ kind }) => kind).join();
  bars.none(`${chain.name}: halts and stalls`, 1 + real.length, isSame ? [] : texts);
  if (real.length === 0 || !isSame) return;
  for (const side of ['began', 'ended'] as const) {
    const values = real.map((span, index): Found => {
      const at = found[index]?.[side] ?? NaN;
      return { value: (at - span[side]) / chain.slotMs, what: `${span.kind} at ${iso(span.began)}` };
    });
    bars.within(`${chain.name}: halts and stalls ${side}`, 1, 'blocks', values);
  }
}

/** When the second node reported each final height: a single one could be wrong. */
function risesOf({ finalized }: TrueChain): number[] {
  const times = new Map<number, number[]>();
  for (const reports of finalized.values())
    for (const { height, at } of reports) times.set(height, [...(times.get(height) ?? []), at]);
  return [...times.values()].flatMap((all) => all.sort((one, other) => one - other).slice(1, 2));
}

interface Production {
  slot_ms: number;
  missing_slots: number;
  points: { time: string; known_share: number; missing_slots: number | null }[];
}

/** Slots without a block, by minute and in all, where the collector was there. */
export async function compareSlots(
  bars: Bars,
  routes: Routes,
  chain: TrueChain,
  range: Range,
): Promise<void> {
  const answer = await routes.get<Production>(`/chains/${chain.genesisHash}/production`, {
    ...range,
    resolution: 'minute',
  });
  const known = answer.points.filter(({ known_share: share }) => share === 1);
  const missed = (time: string): number => {
    const from = Date.parse(time);
    return chain.missedSlots.filter((at) => at >= from && at < from + MINUTE_MS).length;
  };
  bars.none(
    `${chain.name}: missing slots of a minute`,
    known.length,
    known
      .filter((point) => point.missing_slots !== missed(point.time))
      .map(({ time, missing_slots: found }) => `${time}: ${String(found)} in place of ${missed(time)}`),
  );
  const all = known.reduce((sum, { time }) => sum + missed(time), 0);
  bars.within(`${chain.name}: missing slots in all`, 0, 'slots', [
    { value: answer.missing_slots - all, what: `${answer.missing_slots} in place of ${all}` },
  ]);
}
