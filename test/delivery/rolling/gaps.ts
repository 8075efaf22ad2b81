import type { NodeRecord } from '../fleet/records.js';

/** Between the end of a socket and the next one of its node, with the wait before the node dials: seconds. */
export interface Gaps {
  count: number;
  p50: number;
  longest: number;
}

/** The times in which nodes were not connected, between their first socket and their last. */
export function gapsOf(nodes: readonly NodeRecord[]): Gaps {
  const gaps = nodes
    .flatMap(({ sockets }) =>
      sockets.slice(1).map(({ openedAt }, index) => openedAt - (sockets[index]?.endedAt ?? openedAt)),
    )
    .map((ms) => ms / 1000)
    .sort((a, b) => a - b);
  return { count: gaps.length, p50: gaps[gaps.length >> 1] ?? 0, longest: gaps.at(-1) ?? 0 };
}
