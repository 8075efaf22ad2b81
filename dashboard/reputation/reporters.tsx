import type { JSX } from 'preact';
import { formatCount, shortHash } from '../shared/format.js';
import { Time } from '../shared/time.js';
import { linkTo } from '../shared/url-state.js';
import type { Reporter } from './reports.js';
import { ReputationCell } from './reputation-cell.js';

interface ReportersProps {
  /** The one that said the lowest first. */
  reporters: readonly Reporter[];
  nameOf: (peerId: string) => string;
}

/** What each node said of the peer, in numbers. */
export function Reporters({ reporters, nameOf }: ReportersProps): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="By reporting node">
      <table class="reporters">
        <caption>By reporting node, lowest value first. ●: connected</caption>
        <thead>
          <tr>
            <th scope="col">Reported by</th>
            <th scope="col" class="number">
              Latest
            </th>
            <th scope="col" class="number">
              Lowest
            </th>
            <th scope="col" class="number">
              Highest
            </th>
            <th scope="col" class="number">
              Reports
            </th>
            <th scope="col">Last report</th>
          </tr>
        </thead>
        <tbody>
          {reporters.map(({ peerId, latest, lowest, highest, reports }) => (
            <tr key={peerId}>
              <td>
                <a href={linkTo('/dashboard/node/', { peer_id: peerId })} title={peerId}>
                  {nameOf(peerId)}
                </a>{' '}
                <span class="mono muted">{shortHash(peerId)}</span>
              </td>
              <ReputationCell value={latest.reputation} connected={latest.connected} />
              <td class="number">{formatCount(lowest)}</td>
              <td class="number">{formatCount(highest)}</td>
              <td class="number">{formatCount(reports.length)}</td>
              <td>
                <Time value={latest.ts} relative />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
