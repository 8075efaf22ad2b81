import type { NodeRecord } from '../delivery/fleet/records.js';
import type { Stored } from '../delivery/database/stored.js';

export interface Loss {
  sent: number;
  /** Of these, those that the server said it had: by a pong that came after them, or by its answer to a goodbye. */
  acknowledged: number;
  /** Acknowledged, and not stored. */
  missing: number;
  twice: number;
  changed: number;
  /** Sockets of nodes that the server did not let be. */
  broken: number;
}

/** Compares what nodes know was taken with what is stored. */
export function lossOf(nodes: readonly NodeRecord[], stored: Stored): Loss {
  const loss = { sent: 0, acknowledged: 0, missing: 0, twice: 0, changed: 0, broken: 0 };
  for (const { node, sockets } of nodes) {
    const has = new Set<number>();
    for (const range of stored.ranges) {
      if (range.node !== node) continue;
      for (let number = range.first; number <= range.last; number += 1) has.add(number);
    }
    for (const { first, last, end, pongs } of sockets) {
      const isSure = end === 'closed' || end === 'closed_by_server';
      const until = isSure ? last : Math.max(first - 1, ...pongs.map(({ number }) => number));
      loss.sent += last - first + 1;
      loss.acknowledged += until - first + 1;
      if (end === 'broken') loss.broken += 1;
      for (let number = first; number <= until; number += 1) if (!has.has(number)) loss.missing += 1;
    }
  }
  return { ...loss, twice: stored.twice.length, changed: stored.changed.length };
}
