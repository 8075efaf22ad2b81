import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { FeedClient } from '../shared/feed.js';
import { Page } from '../shared/page.js';
import { Empty, Failed } from '../shared/states.js';
import { linkTo, useQueryState } from '../shared/url-state.js';
import { CallCharts } from './call-charts.js';
import { type Choice, readChoice } from './choice.js';
import { Controls } from './controls.js';
import { useCallTimes } from './use-call-times.js';

const feed = new FeedClient();

/** Live call durations of a node. */
export function ProfilingPage(): JSX.Element {
  const [query, change] = useQueryState();
  const [paused, setPaused] = useState(false);
  const choice = readChoice(query);
  return (
    <Page title="Profiling" path="/dashboard/profiling/" peerId={choice.peerId} feed={feed}>
      <Controls choice={choice} change={change} paused={paused} onPause={setPaused} />
      {choice.peerId === '' ? (
        <Empty title="Choose a node.">
          <p>
            Enter its name or peer id above, or find it in the <a href="/dashboard/">list of nodes</a>.
          </p>
        </Empty>
      ) : (
        <Calls choice={choice} paused={paused} />
      )}
    </Page>
  );
}

interface CallsProps {
  choice: Choice;
  paused: boolean;
}

/** Rendered every second. */
function Calls({ choice, paused }: CallsProps): JSX.Element {
  const { calls, range, error } = useCallTimes(feed, choice, paused);
  const { peerId, aggregate, intervalS, filter } = choice;
  if (error !== '') return <Failed error={new Error(error)} />;
  if (calls.size === 0) {
    return (
      <Empty title="No calls in this time range yet.">
        <p>
          New calls appear automatically. A node sends <code>tracing.profiling</code> when it is started with{' '}
          <code>--tracing-targets</code>, <code>--tracing-receiver telemetry</code> and a{' '}
          <code>--telemetry-url</code> of verbosity 9.
        </p>
        <p>
          Calls older than the live feed's cache are in{' '}
          <a href={linkTo('/dashboard/logs/', { peer_id: peerId, msg: 'tracing.profiling' })}>the logs</a>.
        </p>
      </Empty>
    );
  }
  if (calls.names(filter).length === 0) {
    return (
      <Empty title="No matching calls.">
        <p>Shorten the name or target above, or clear the field to see all calls.</p>
      </Empty>
    );
  }
  return (
    <CallCharts
      calls={calls}
      range={range}
      filter={filter}
      {...(aggregate !== 'raw' && { gapS: intervalS * 1.5 })}
    />
  );
}
