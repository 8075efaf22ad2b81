import type { ApiSchema } from '../shared/api.js';

export interface Opinion {
  reputation: number;
  connected: boolean;
}

/** Who says what of whom. */
export interface MatrixData {
  /** The newest report first. */
  reporters: { peerId: string; ts: string; reports: Map<string, Opinion> }[];
  /** Peers that somebody says something of: the one with the lowest reputation first. */
  remotes: string[];
}

export function matrixOf(reports: readonly ApiSchema<'ReportedReputations'>[]): MatrixData {
  const lowest = new Map<string, number>();
  const reporters = reports.map(({ reporting_peer: peerId, remote_peer, reputation, connected, ts }) => {
    const reports = new Map<string, Opinion>();
    remote_peer.forEach((remote, index) => {
      const value = reputation[index] ?? 0;
      reports.set(remote, { reputation: value, connected: connected[index] === true });
      lowest.set(remote, Math.min(value, lowest.get(remote) ?? Infinity));
    });
    return { peerId, ts, reports };
  });
  const remotes = [...lowest]
    .sort(([one, low], [other, otherLow]) => low - otherLow || (one < other ? -1 : 1))
    .map(([remote]) => remote);
  return { reporters, remotes };
}
