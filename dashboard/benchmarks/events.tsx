import type { JSX } from 'preact';
import type { ApiSchema } from '../shared/api.js';
import { Time } from '../shared/time.js';
import type { QueryChange } from '../shared/url-state.js';
import { NewEvent } from './create-forms.js';

interface EventsProps {
  runId: number;
  /** Oldest first. */
  events: readonly ApiSchema<'BenchmarkEvent'>[];
  /** The selected event; '' for none. */
  event: string;
  change: (change: QueryChange) => void;
  onAdded: () => void;
}

/** The events of a run. Selecting one limits the profile to its time. */
export function Events({ runId, events, event, change, onAdded }: EventsProps): JSX.Element {
  return (
    <section aria-labelledby="events">
      <h2 id="events">Events</h2>
      {events.length === 0 ? (
        <p class="muted">No events. Add the start and the end of an event to see the profile of that time.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Events">
          <table>
            <caption>Choose an event to see the calls during it</caption>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Event</th>
                <th scope="col">Phase</th>
              </tr>
            </thead>
            <tbody>
              {events.map(({ id, name, phase, created_at }) => (
                <tr key={id}>
                  <td>
                    <Time value={created_at} precise />
                  </td>
                  <td class="notes">
                    <button
                      type="button"
                      aria-pressed={name === event}
                      onClick={() => change({ event: name === event ? undefined : name })}
                    >
                      {name}
                    </button>
                  </td>
                  <td>{phase}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <NewEvent runId={runId} onAdded={onAdded} />
    </section>
  );
}
