import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiSchema } from '../shared/api.js';
import { formatCount, shortHash } from '../shared/format.js';
import { Time } from '../shared/time.js';
import { ReputationCell } from './reputation-cell.js';

interface ReportedPeer {
  reputation: number;
  connected: boolean;
}

/** Reported reputations. */
interface MatrixData {
  /** The newest report first. */
  reporters: { peerId: string; ts: string; reports: Map<string, ReportedPeer> }[];
  /** Peers in any report, lowest reputation first. */
  remotes: string[];
}

export function matrixOf(reports: readonly ApiSchema<'ReportedReputations'>[]): MatrixData {
  const lowest = new Map<string, number>();
  const reporters = reports.map(({ reporting_peer: peerId, remote_peer, reputation, connected, ts }) => {
    const reports = new Map<string, ReportedPeer>();
    remote_peer.forEach((remote, index) => {
      const value = reputation[index] ?? 0;
      reports.set(remote, { reputation: value, connected: connected[index] === true });
      lowest.set(remote, Math.min(value, lowest.get(remote) ?? Infinity));
    });
    return { peerId, ts, reports };
  });
  const remotes = [...lowest]
    .sort(([a, lowestA], [b, lowestB]) => lowestA - lowestB || (a < b ? -1 : 1))
    .map(([remote]) => remote);
  return { reporters, remotes };
}

/** Page size of the columns. */
const PAGE_SIZE = 25;

interface MatrixProps {
  data: MatrixData;
  nameOf: (peerId: string) => string;
  /** The URL of the history of a peer. */
  linkOf: (peerId: string) => string;
}

/** Reputations of peers that have connected to this server, by reporting node. */
export function Matrix({ data: { reporters, remotes }, nameOf, linkOf }: MatrixProps): JSX.Element {
  const [shown, setShown] = useState(PAGE_SIZE);
  const columns = remotes.slice(0, shown);
  const left = remotes.length - columns.length;
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Reported reputation">
        <table class="matrix">
          <caption>
            {formatCount(reporters.length)} reporting nodes, and {formatCount(columns.length)} of{' '}
            {formatCount(remotes.length)} peers, lowest reputation first. ●: connected
          </caption>
          <thead>
            <tr>
              <th scope="col">Reported by</th>
              <th scope="col">Time</th>
              {columns.map((remote) => (
                <th key={remote} scope="col">
                  <a href={linkOf(remote)} title={remote}>
                    {nameOf(remote)}
                  </a>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {reporters.map(({ peerId, ts, reports }) => (
              <tr key={peerId}>
                <th scope="row">
                  <span title={peerId}>{nameOf(peerId)}</span>
                  <br />
                  <span class="mono muted">{shortHash(peerId)}</span>
                </th>
                <td>
                  <Time value={ts} relative />
                </td>
                {columns.map((remote) => {
                  const report = reports.get(remote);
                  return report === undefined ? (
                    <td key={remote} class="number muted">
                      –
                    </td>
                  ) : (
                    <ReputationCell key={remote} value={report.reputation} connected={report.connected} />
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {left > 0 && (
        <button type="button" onClick={() => setShown(shown + PAGE_SIZE)}>
          Show {formatCount(Math.min(PAGE_SIZE, left))} more peers ({formatCount(left)} left)
        </button>
      )}
    </>
  );
}
