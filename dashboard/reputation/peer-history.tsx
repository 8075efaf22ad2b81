import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { Chart } from '../shared/chart.js';
import { formatCount, shortHash } from '../shared/format.js';
import { downsample, withGaps } from '../shared/series.js';
import { Empty, Shown } from '../shared/states.js';
import { boundsOf, type TimeRange } from '../shared/time-range.js';
import { Time } from '../shared/time.js';
import { linkTo } from '../shared/url-state.js';
import { type Report, type Reporter, reportersOf, seriesOf } from './reports.js';
import { ReputationCell } from './reputation-cell.js';
import { MAX_REPORTS, usePeerReports } from './use-peer-reports.js';

/** Nodes send their network state every 30 seconds. */
const HOLD_S = 120;
/** Maximum number of distinguishable series. */
const MAX_LINES = 12;
const MAX_POINTS = 2000;

interface PeerHistoryProps {
  peerId: string;
  range: TimeRange;
  nameOf: (peerId: string) => string;
}

/** The reputation of a peer over time, by reporting node. */
export function PeerHistory({ peerId, range, nameOf }: PeerHistoryProps): JSX.Element {
  const [reports, reload] = usePeerReports(peerId, range);
  return (
    <Shown of={reports} what="reports about this peer" retry={reload}>
      {(loaded) =>
        loaded.length === 0 ? (
          <Empty title="No reports about this peer in this time range.">
            <p>
              Choose a longer time range. Only older nodes (Substrate 2 and 3, Tetcore 2.1) report
              reputations, in <code>system.network_state</code>.
            </p>
          </Empty>
        ) : (
          <ReportCharts reports={loaded} range={range} nameOf={nameOf} />
        )
      }
    </Shown>
  );
}

interface ReportChartsProps {
  /** Newest first. */
  reports: Report[];
  range: TimeRange;
  nameOf: (peerId: string) => string;
}

function ReportCharts({ reports, range, nameOf }: ReportChartsProps): JSX.Element {
  const reporters = useMemo(() => reportersOf(reports), [reports]);
  const lines = reporters.slice(0, MAX_LINES);
  const data = useMemo(
    () => withGaps(downsample(seriesOf(reporters.slice(0, MAX_LINES), HOLD_S), MAX_POINTS), gapOf(reports)),
    [reporters],
  );
  const { start, end } = boundsOf(range);
  return (
    <>
      {reports.length >= MAX_REPORTS && (
        <p class="warning">
          Only the newest {formatCount(reports.length)} reports are shown. Choose a shorter time range.
        </p>
      )}
      <Chart
        title={
          lines.length < reporters.length
            ? `Reputation reported by the ${lines.length} of ${formatCount(reporters.length)} nodes with the lowest values`
            : 'Reputation by reporting node'
        }
        labels={lines.map(({ peerId }) => `${nameOf(peerId)} (${shortHash(peerId, 4)})`)}
        data={data}
        format={formatCount}
        range={{ start: start / 1000, end: end / 1000 }}
        height={260}
      />
      <Reporters reporters={reporters} nameOf={nameOf} />
    </>
  );
}

/** The gap length in seconds. Downsampling may increase the distance of points beyond the report interval. */
function gapOf(reports: readonly Report[]): number {
  const [newest, oldest] = [reports[0]?.ts ?? '', reports.at(-1)?.ts ?? ''];
  const span = (Date.parse(newest) - Date.parse(oldest)) / 1000;
  return Math.max(HOLD_S, (span / MAX_POINTS) * 4);
}

interface ReportersProps {
  /** Lowest value first. */
  reporters: readonly Reporter[];
  nameOf: (peerId: string) => string;
}

/** Statistics of the reports by node. */
function Reporters({ reporters, nameOf }: ReportersProps): JSX.Element {
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
