import type { NodeHours } from './node-hours.js';
import type { NodeReports } from './node-reports.js';

/** Bands of a tenth: peers of a node, divided by the most that it had in the last hours. */
export const PEER_BANDS = 10;

export interface MinuteBands {
  minute: number;
  /** Nodes by band, ascending. A node that never had a peer is in the first one. */
  bands: readonly number[];
}

/** How well connected nodes are, by their own measure, in the open minutes of a time range. */
export function peerBands(reports: NodeReports, hours: NodeHours, from: number, to: number): MinuteBands[] {
  const maxima = new Map<number, number>();
  const found: MinuteBands[] = [];
  for (const minute of reports.minutes(-Infinity, to)) {
    const bands = new Array<number>(PEER_BANDS).fill(0);
    let nodes = 0;
    for (const [node, { network }] of reports.in(minute)) {
      if (network === undefined || network.peers === null) continue;
      const max = Math.max(network.peers, maxima.get(node) ?? 0, hours.peersMax(node, minute));
      maxima.set(node, Math.max(network.peers, maxima.get(node) ?? 0));
      const band = max === 0 ? 0 : Math.min(PEER_BANDS - 1, Math.floor((network.peers / max) * PEER_BANDS));
      bands[band] = (bands[band] ?? 0) + 1;
      nodes += 1;
    }
    if (nodes > 0 && minute >= from) found.push({ minute, bands });
  }
  return found;
}
