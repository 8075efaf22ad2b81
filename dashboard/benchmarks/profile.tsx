import type { JSX } from 'preact';
import { type ApiSchema, responseData, api } from '../shared/api.js';
import { useLoaded } from '../shared/loaded.js';
import { Empty, Shown } from '../shared/states.js';
import type { QueryChange } from '../shared/url-state.js';
import { ProfileTable } from './profile-table.js';
import { ScopeFields } from './scope-fields.js';

interface ProfileProps {
  id: number;
  event: string;
  events: readonly ApiSchema<'BenchmarkEvent'>[];
  target: string;
  change: (change: QueryChange) => void;
}

/** How long calls took, in the whole run or during an event. */
export function Profile({ id, event, events, target, change }: ProfileProps): JSX.Element {
  const [profile, reload] = useLoaded(
    (signal) => {
      const query = { ...(event !== '' && { event }), ...(target !== '' && { target }) };
      return responseData(api.GET('/benchmarks/{id}/profile', { params: { path: { id }, query }, signal }));
    },
    [id, event, target, events],
  );
  const [targets] = useLoaded(
    (signal) => responseData(api.GET('/benchmarks/{id}/targets', { params: { path: { id } }, signal })),
    [id],
  );
  return (
    <section aria-labelledby="profile">
      <h2 id="profile">Profile</h2>
      <ScopeFields
        event={event}
        events={[...new Set(events.map(({ name }) => name))]}
        target={target}
        targets={(targets.value ?? []).map((found) => found.target)}
        change={change}
      />
      <Shown of={profile} what="the profile" retry={reload}>
        {(entries) =>
          entries.length === 0 ? (
            <Empty title="No traced calls in this time range.">
              <p>
                Check that the node sends <code>tracing.profiling</code>, and check the node, start and end of
                the run.
              </p>
            </Empty>
          ) : (
            <ProfileTable entries={entries} />
          )
        }
      </Shown>
    </section>
  );
}
