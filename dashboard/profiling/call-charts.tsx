import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { Chart } from '../shared/chart.js';
import { formatCount, formatNanoseconds } from '../shared/format.js';
import { thinned, withGaps } from '../shared/series.js';
import type { CallTimes } from './call-times.js';

/** Charts that are shown at first, and added. */
const PAGE_SIZE = 12;
/** Maximum number of distinguishable series. */
const MAX_TARGETS = 12;
const MAX_POINTS = 1000;

interface CallChartsProps {
  calls: CallTimes;
  /** Seconds since the epoch. */
  range: { start: number; end: number };
  /** Only calls that have this in their name or target. */
  find: string;
  /** Lines are broken where nothing came for longer: seconds. */
  gapS?: number;
}

/** A chart for each name of calls, with a line for each target. */
export function CallCharts({ calls, range, find, gapS = Infinity }: CallChartsProps): JSX.Element {
  const [shown, setShown] = useState(PAGE_SIZE);
  const names = calls.names(find);
  const cut = calls.incompleteBefore !== undefined && calls.incompleteBefore > range.start;
  return (
    <>
      <p class="muted">
        {formatCount(names.length)} {names.length === 1 ? 'name' : 'names'} of calls
        {cut && `; only the newest ${formatCount(calls.size)} calls are shown`}
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
    return { ...named, data: withGaps(thinned(named.data, MAX_POINTS), gapS) };
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
