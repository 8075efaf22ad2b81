import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { CallCharts } from '../profiling/call-charts.js';
import type { ApiSchema } from '../shared/api.js';
import { formatCount } from '../shared/format.js';
import { useLoaded } from '../shared/loaded.js';
import { Empty, Failed, Loading } from '../shared/states.js';
import type { QueryChange } from '../shared/url-state.js';
import { loadCalls, MAX_CALLS } from './load-calls.js';
import type { Run } from './run.js';
import { timeRangesOf, timesOf, timeText } from './run-times.js';

interface CallsOverTimeProps {
  run: Run;
  events: readonly ApiSchema<'BenchmarkEvent'>[];
  event: string;
  target: string;
  /** Calls are loaded only if they are shown, because there may be very many. */
  shown: boolean;
  change: (change: QueryChange) => void;
}

/** Charts of all calls in a run or during an event. */
export function CallsOverTime({ shown, change, ...scope }: CallsOverTimeProps): JSX.Element {
  return (
    <section aria-labelledby="over-time">
      <h2 id="over-time">Calls over time</h2>
      <label class="check">
        <input
          type="checkbox"
          checked={shown}
          onChange={(event) => change({ over_time: event.currentTarget.checked ? '1' : undefined })}
        />
        Load up to {formatCount(MAX_CALLS)} calls
      </label>
      {shown && <Calls key={`${scope.event}\n${scope.target}`} {...scope} />}
    </section>
  );
}

function Calls({ run, events, event, target }: Omit<CallsOverTimeProps, 'shown' | 'change'>): JSX.Element {
  const [count, setCount] = useState(0);
  const [filter, setFilter] = useState('');
  const timeRanges = useMemo(() => {
    const runRange = timesOf(run, events, timeText(Date.now()));
    if (event !== '') return timeRangesOf(event, events, runRange.end);
    return runRange.start <= runRange.end ? [runRange] : [];
  }, [run, events, event]);
  const [loaded, reload] = useLoaded(
    (signal) => loadCalls({ peerId: run.peerId, target, timeRanges }, signal, setCount),
    [timeRanges, target],
  );
  if (loaded.state === 'failed') return <Failed error={loaded.error} retry={reload} />;
  if (loaded.value === undefined) return <Loading what={`calls: ${formatCount(count)} so far`} />;
  const { calls, isTruncated } = loaded.value;
  const [first, last] = [timeRanges[0], timeRanges.at(-1)];
  if (calls.size === 0 || first === undefined || last === undefined) {
    return (
      <Empty title="No traced calls in this time range.">
        <p>Choose another event or target above.</p>
      </Empty>
    );
  }
  return (
    <>
      {isTruncated && (
        <p class="warning">
          Only the first {formatCount(calls.size)} calls are shown. Choose an event or a target to narrow the
          selection.
        </p>
      )}
      <label class="field">
        <span>Name or target</span>
        <input
          type="search"
          value={filter}
          placeholder="All"
          spellcheck={false}
          onInput={(input) => setFilter(input.currentTarget.value.trim())}
        />
      </label>
      <CallCharts
        calls={calls}
        range={{ start: Date.parse(first.start) / 1000, end: Date.parse(last.end) / 1000 + 0.001 }}
        filter={filter}
      />
    </>
  );
}
