import type { JSX } from 'preact';
import { formatSpan } from '../shared/format.js';
import { localTime } from '../shared/time.js';
import { type Presence, type PresenceState, shareConnected } from './presence.js';

const STATES: Record<PresenceState, string> = {
  connected: 'Connected',
  away: 'Away',
  unknown: 'Unknown: the server was down, or the node had not connected before',
};

/** A timeline of presence. The table of sessions has the same data. */
export function Timeline({ presence }: { presence: readonly Presence[] }): JSX.Element {
  const start = presence[0]?.start ?? 0;
  const length = (presence.at(-1)?.end ?? 0) - start || 1;
  const share = shareConnected(presence);
  const summary =
    share === undefined
      ? 'No data for this time range.'
      : `Connected ${(share * 100).toFixed(2)} % of the known time.`;
  return (
    <>
      <p>{summary}</p>
      <div class="timeline" role="img" aria-label={`Timeline. ${summary}`}>
        {presence.map((span) => (
          <span
            key={span.start}
            class={span.state}
            style={{ width: `${((span.end - span.start) / length) * 100}%` }}
            title={`${STATES[span.state]}: ${localTime(new Date(span.start))}, for ${formatSpan(span.end - span.start)}`}
          />
        ))}
      </div>
      <ul class="timeline-key">
        {Object.entries(STATES).map(([state, text]) => (
          <li key={state}>
            <span class={state} aria-hidden="true" /> {text}
          </li>
        ))}
      </ul>
    </>
  );
}
