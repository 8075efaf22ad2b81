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
  /** They are loaded only then: there may be very many. */
  shown: boolean;
  change: (change: QueryChange) => void;
}

/** Each call in a run or during an event, as charts. */
export function CallsOverTime({ shown, change, ...asked }: CallsOverTimeProps): JSX.Element {
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
      {shown && <Calls key={`${asked.event}\n${asked.target}`} {...asked} />}
    </section>
  );
}

function Calls({ run, events, event, target }: Omit<CallsOverTimeProps, 'shown' | 'change'>): JSX.Element {
  const [count, setCount] = useState(0);
  const [find, setFind] = useState('');
  const timeRanges = useMemo(() => {
    const whole = timesOf(run, events, timeText(Date.now()));
    if (event !== '') return timeRangesOf(event, events, whole.end);
    return whole.start <= whole.end ? [whole] : [];
  }, [run, events, event]);
  const [loaded, reload] = useLoaded(
    (signal) => loadCalls({ peerId: run.peerId, target, timeRanges }, signal, setCount),
    [timeRanges, target],
  );
  if (loaded.state === 'failed') return <Failed error={loaded.error} retry={reload} />;
  if (loaded.value === undefined) return <Loading what={`calls: ${formatCount(count)} so far`} />;
  const { calls, cut } = loaded.value;
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
      {cut && (
        <p class="warning">
          Only the first {formatCount(calls.size)} calls are shown. Choose an event or a target to narrow the
          selection.
        </p>
      )}
      <label class="field">
        <span>Name or target</span>
        <input
          type="search"
          value={find}
          placeholder="All"
          spellcheck={false}
          onInput={(input) => setFind(input.currentTarget.value.trim())}
        />
      </label>
      <CallCharts
        calls={calls}
        range={{ start: Date.parse(first.start) / 1000, end: Date.parse(last.end) / 1000 + 0.001 }}
        find={find}
      />
    </>
  );
}
