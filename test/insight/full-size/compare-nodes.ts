import { GRACE_MS } from '../planted-chain.js';
import { linkEnds } from '../session-truth.js';
import type { Bars, Found } from './bars.js';
import { iso, type Range } from './compare-blocks.js';
import type { Routes } from './routes.js';
import type { Stored } from './stored.js';
import type { TrueHistory } from './truth-file.js';

const HOUR_MS = 3_600_000;
const CLOCK_MS = 20;

/** Connections of nodes, and whether a restart or a lost link ended them. */
export async function compareSessions(
  bars: Bars,
  stored: Stored,
  { sessions: truth }: TrueHistory,
): Promise<void> {
  const real = linkEnds(truth).map(
    ({ peerId, began, endCause, restarted }) =>
      `${peerId} ${iso(Math.round(began))} ${String(endCause)} ${String(restarted)}`,
  );
  const found = (await stored.sessions()).map(
    ({ peerId, began, cause, restarted }) =>
      `${peerId} ${iso(Math.round(began))} ${String(cause)} ${String(restarted)}`,
  );
  const [wanted, had] = [new Set(real), new Set(found)];
  bars.none('restarts, lost links and ends by the collector', real.length, [
    ...real.filter((text) => !had.has(text)).map((text) => `${text} is missing`),
    ...found.filter((text) => !wanted.has(text)).map((text) => `${text} is not one`),
  ]);
}

interface Availability {
  nodes: { peer_id: string; down_seconds: number }[];
}

/** Minutes in which the collector was away are charged to no node. */
export async function compareOutages(
  bars: Bars,
  stored: Stored,
  routes: Routes,
  { sessions, chains }: TrueHistory,
): Promise<void> {
  const down: Found[] = [];
  const charged: string[] = [];
  let blocks = 0;
  for (const { began, ended } of sessions.outages) {
    for (const { genesisHash } of chains) {
      const { nodes } = await routes.get<Availability>(`/chains/${genesisHash}/availability`, {
        from: began,
        to: ended + GRACE_MS,
        limit: 2_000,
      });
      for (const { peer_id: peer, down_seconds: seconds } of nodes)
        down.push({ value: seconds / 60, what: `${peer} in the outage at ${iso(began)}` });
      const blind = (await stored.blocks(genesisHash)).filter(
        ({ firstSeenAt: at }) => at >= began - GRACE_MS && at < ended + GRACE_MS,
      );
      blocks += blind.length;
      charged.push(...blind.filter(({ expected }) => expected > 0).map(({ hash }) => hash));
    }
  }
  bars.within('minutes of outages charged to a node', 0, 'minutes', down);
  bars.none('blocks of outages charged to nodes', blocks, charged);
}

/** Clocks of nodes, by hour. */
export async function compareClocks(
  bars: Bars,
  stored: Stored,
  { clocks, sessions }: TrueHistory,
  { from, to }: Range,
): Promise<void> {
  const offsets: Found[] = [];
  const found = new Map<string, number>();
  for (const { peerId, hour, offsetMs, steps } of await stored.clocks()) {
    if (hour < from || hour + HOUR_MS > to) continue;
    found.set(`${peerId} in ${iso(hour)}`, steps);
    // Until a node is heard again, its clock is not seen.
    const heardUntil = Math.max(
      ...sessions.links
        .filter((link) => link.peerId === peerId && link.began < hour + HOUR_MS && link.ended > hour)
        .map(({ ended }) => Math.min(ended, hour + HOUR_MS)),
    );
    const real = clocks.get(peerId)?.findLast(({ at }) => at < heardUntil)?.offsetMs ?? NaN;
    offsets.push({ value: offsetMs - real, what: `${peerId} in ${iso(hour)}` });
  }
  bars.within('offset of a clock', CLOCK_MS, 'ms', offsets);
  const planted = new Map<string, number>();
  for (const [peerId, known] of clocks) {
    for (const { at } of known.slice(1)) {
      const key = `${peerId} in ${iso(Math.floor(at / HOUR_MS) * HOUR_MS)}`;
      if (at >= from && at < to) planted.set(key, (planted.get(key) ?? 0) + 1);
    }
  }
  const keys = new Set([...found.keys(), ...planted.keys()]);
  bars.none(
    'clocks that were set',
    found.size,
    [...keys]
      .filter((key) => (found.get(key) ?? 0) !== (planted.get(key) ?? 0))
      .map((key) => `${key}: ${found.get(key) ?? 0} in place of ${planted.get(key) ?? 0}`),
  );
}
