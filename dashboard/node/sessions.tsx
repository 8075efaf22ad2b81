import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { formatCount, formatSpan } from '../shared/format.js';
import { Empty } from '../shared/states.js';
import { Time } from '../shared/time.js';
import { reasonText } from './end-reasons.js';
import { endOf, type NodeSession, type Sessions as Loaded } from './load-sessions.js';
import { presenceOf } from './presence.js';
import { Timeline } from './timeline.js';

/** Maximum number of table rows. The timeline contains all sessions. */
const MAX_ROWS = 200;

interface SessionsProps {
  sessions: Loaded;
  /** Milliseconds since the epoch. */
  bounds: { start: number; end: number };
}

/** The sessions of a node in a time range, as a timeline and a table. */
export function Sessions({
  sessions: { list, isTruncated, now },
  bounds: { start, end },
}: SessionsProps): JSX.Element {
  const presence = useMemo(() => {
    const sessions = list.map((session) => ({
      start: Date.parse(session.created_at),
      end: endOf(session, now),
      reason: session.connected ? null : (session.end_reason ?? 'collector_lost'),
    }));
    return presenceOf(sessions, start, end);
  }, [list, start, end]);
  const within = list.filter(
    (session) => Date.parse(session.created_at) < end && endOf(session, now) > start,
  );
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions">Sessions</h2>
      <Timeline presence={presence} />
      {within.length === 0 ? (
        <Empty title="No connections in this time range.">
          <p>Choose a longer time range.</p>
        </Empty>
      ) : (
        <SessionTable sessions={within.slice(0, MAX_ROWS)} now={now} />
      )}
      {(within.length > MAX_ROWS || isTruncated) && (
        <p class="muted">
          The table shows the newest {MAX_ROWS} of {isTruncated ? 'more than ' : ''}
          {formatCount(within.length)} sessions. Choose a shorter time range to see the others.
        </p>
      )}
    </section>
  );
}

function SessionTable({ sessions, now }: { sessions: NodeSession[]; now: number }): JSX.Element {
  return (
    <div class="scroll sessions" tabIndex={0} role="region" aria-label="Sessions">
      <table>
        <caption>Newest first</caption>
        <thead>
          <tr>
            <th scope="col">Start</th>
            <th scope="col">End</th>
            <th scope="col" class="number">
              Duration
            </th>
            <th scope="col">End reason</th>
            <th scope="col">Address</th>
            <th scope="col">Path</th>
            <th scope="col">Version</th>
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <tr key={session.id}>
              <td>
                <Time value={session.created_at} />
              </td>
              <td>{session.ended_at === null ? '–' : <Time value={session.ended_at} />}</td>
              <td class="number">{formatSpan(endOf(session, now) - Date.parse(session.created_at))}</td>
              <td>
                {session.connected
                  ? 'Open'
                  : reasonText(session.end_reason ?? 'collector_lost', session.end_code)}
              </td>
              <td class="mono">{session.ip_addr}</td>
              <td class="mono">{session.path}</td>
              <td>{session.version}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
