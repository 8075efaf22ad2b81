import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { Chart } from '../shared/chart.js';
import { formatCount, formatNanoseconds } from '../shared/format.js';
import { downsample, withGaps } from '../shared/series.js';
import type { CallTimes } from './call-times.js';

/** Page size. */
const PAGE_SIZE = 12;
/** Maximum number of distinguishable series. */
const MAX_TARGETS = 12;
const MAX_POINTS = 1000;

interface CallChartsProps {
  calls: CallTimes;
  /** Seconds since the epoch. */
  range: { start: number; end: number };
  /** Filter on name or target. */
  filter: string;
  /** Break the line if no data arrived for this many seconds. */
  gapS?: number;
}

/** A chart per call name, with a line per target. */
export function CallCharts({ calls, range, filter, gapS = Infinity }: CallChartsProps): JSX.Element {
  const [shown, setShown] = useState(PAGE_SIZE);
  const names = calls.names(filter);
  const isTruncated = calls.incompleteBefore !== undefined && calls.incompleteBefore > range.start;
  return (
    <>
      <p class="muted">
        {formatCount(names.length)} call {names.length === 1 ? 'name' : 'names'}.
        {isTruncated && ` Only the newest ${formatCount(calls.size)} calls are shown.`}
      </p>
      <div class="charts">
        {names.slice(0, shown).map((name) => (
          <NamedChart
            key={name}
            calls={calls}
            name={name}
            version={calls.versionOf(name)}
            range={range}
            gapS={gapS}
          />
        ))}
      </div>
      {names.length > shown && (
        <button type="button" onClick={() => setShown(shown + PAGE_SIZE)}>
          Show {formatCount(Math.min(PAGE_SIZE, names.length - shown))} more charts (
          {formatCount(names.length - shown)} left)
        </button>
      )}
    </>
  );
}

interface NamedChartProps {
  calls: CallTimes;
  name: string;
  version: number;
  range: { start: number; end: number };
  gapS: number;
}

function NamedChart({ calls, name, version, range, gapS }: NamedChartProps): JSX.Element {
  const { labels, data, targets } = useMemo(() => {
    const named = calls.named(name, MAX_TARGETS);
    return { ...named, data: withGaps(downsample(named.data, MAX_POINTS), gapS) };
  }, [calls, name, version, gapS]);
  const title = name === '' ? '(no name)' : name;
  return (
    <Chart
      title={
        targets > labels.length ? `${title} (${labels.length} of ${formatCount(targets)} targets)` : title
      }
      labels={labels}
      data={data}
      format={formatNanoseconds}
      range={range}
      sync="calls"
    />
  );
}
