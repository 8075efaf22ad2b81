import type { JSX } from 'preact';
import { responseData, api } from '../shared/api.js';
import { useLoaded } from '../shared/loaded.js';
import { Shown } from '../shared/states.js';
import type { QueryChange } from '../shared/url-state.js';
import { CallsOverTime } from './calls-over-time.js';
import { Events } from './events.js';
import { Profile } from './profile.js';
import { readRun } from './run.js';
import { RunFacts } from './run-facts.js';

interface RunPartProps {
  id: number;
  /** Only while this event goes on; '' for the whole run. */
  event: string;
  /** Only calls with this target; '' for all. */
  target: string;
  /** Each call is shown too. */
  overTime: boolean;
  change: (change: QueryChange) => void;
}

/** A run: what it is, what happened in it, and where its time went. */
export function RunPart({ id, event, target, overTime, change }: RunPartProps): JSX.Element {
  const params = { path: { id } };
  const [run, reload] = useLoaded(
    async (signal) => {
      const [json, events] = await Promise.all([
        responseData(api.GET('/benchmarks/{id}', { params, parseAs: 'text', signal })),
        responseData(api.GET('/benchmarks/{id}/events', { params, signal })),
      ]);
      return { run: readRun(json), events };
    },
    [id],
  );
  return (
    <Shown of={run} what="the benchmark" retry={reload}>
      {({ run: found, events }) => (
        <>
          <RunFacts run={found} />
          <Events runId={id} events={events} event={event} change={change} onAdded={reload} />
          <Profile id={id} event={event} events={events} target={target} change={change} />
          {found.peerId !== '' && (
            <CallsOverTime
              run={found}
              events={events}
              event={event}
              target={target}
              shown={overTime}
              change={change}
            />
          )}
        </>
      )}
    </Shown>
  );
}
