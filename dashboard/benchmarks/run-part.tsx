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
  /** Limits calls to the time of this event; '' for the whole run. */
  event: string;
  /** Limits calls to this target; '' for all. */
  target: string;
  /** Shows the charts of all calls. */
  overTime: boolean;
  change: (change: QueryChange) => void;
}

/** A run: properties, events, profile and charts. */
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
      {({ run: loaded, events }) => (
        <>
          <RunFacts run={loaded} />
          <Events runId={id} events={events} event={event} change={change} onAdded={reload} />
          <Profile id={id} event={event} events={events} target={target} change={change} />
          {loaded.peerId !== '' && (
            <CallsOverTime
              run={loaded}
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
