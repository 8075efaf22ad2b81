import { setTimeout as sleep } from 'node:timers/promises';
import { CHAIN, NUMBERED, peerIdOf } from '../../delivery/fleet/numbered-message.js';
import type { FeedClient } from '../../support/feed-client.js';
import { Follower } from './follower.js';
import { drawMs, FOLLOWED, type Seat } from './seat.js';

/** The server may give up somebody who took nothing for 30 s; it looks every few seconds. Milliseconds. */
const MAY_BE_DROPPED_MS = 25_000;
/** Given up as slow; and without a close frame, where that could not be read either. */
const DROPPED = [1013, 1006];
/** The share of visitors that go to any node. The others go to those that are followed already. */
const ELSEWHERE = 0.2;
const AWAY_MS = [200, 3_000] as const;
const READ_MS = [500, 5_000] as const;

/** Follows a node for a while, goes, and comes again. */
export async function visit(seat: Seat): Promise<void> {
  const { ws, nodes, random, signal, pace, fail } = seat;
  while (!signal.aborted) {
    const follower = await Follower.ofMessages(ws);
    seat.opened();
    const among = random.chance(ELSEWHERE) ? nodes : Math.min(nodes, FOLLOWED);
    const node = random.between(0, among - 1);
    follower.client.subscribe(peerIdOf(node), NUMBERED, { start_time: new Date().toISOString() });
    await follower.stay(drawMs(random, pace.visitMs), signal);
    for (const what of await follower.leave()) fail(`a visitor ${what}`);
    for (const number of twiceIn(follower.client, node))
      fail(`a visitor got ${number} of node ${node} twice`);
    await sleep(drawMs(random, AWAY_MS), undefined, { signal }).catch(() => undefined);
  }
}

/** Follows all nodes in all that changes, and does not read for long times. Comes again where it was given up. */
export async function readSlowly(seat: Seat): Promise<void> {
  const { ws, signal, fail } = seat;
  while (!signal.aborted) {
    const follower = await Follower.ofNetwork(ws);
    seat.opened();
    follower.client.subscribe(CHAIN);
    const paused = await readInPauses(follower, seat);
    const isGivenUp = DROPPED.includes(follower.ended() ?? 0) && paused >= MAY_BE_DROPPED_MS;
    if (isGivenUp) seat.dropped();
    else for (const what of await follower.leave()) fail(`a slow reader ${what}`);
  }
}

/** Until the socket or the run ends. Gives how long the last pause was: milliseconds. */
async function readInPauses(follower: Follower, { random, pace, signal }: Seat): Promise<number> {
  let paused = 0;
  for (;;) {
    await follower.stay(drawMs(random, READ_MS), signal);
    if (signal.aborted || follower.ended() !== undefined) return paused;
    const since = performance.now();
    await follower.sleep(drawMs(random, pace.pauseMs), signal);
    paused = performance.now() - since;
  }
}

/** Numbers of a node that came more than once. */
export function twiceIn(client: FeedClient, node: number): number[] {
  const seen = new Set<number>();
  return client
    .rowsOf(peerIdOf(node), NUMBERED)
    .map(({ number }) => Number(number))
    .filter((number) => seen.size === seen.add(number).size);
}
