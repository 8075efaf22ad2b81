import type { JSX } from 'preact';
import { formatCount } from '../shared/format.js';
import { Empty, Failed, Loading } from '../shared/states.js';
import { MessageItem } from './message-item.js';
import { LoadOlder } from './older.js';
import type { Followed } from './use-followed.js';
import type { Messages } from './use-messages.js';

interface MessageListProps {
  messages: Messages;
  followed: Followed;
  follow: boolean;
}

/** Messages, newest first: those that came live, and below them those that were read. */
export function MessageList({ messages, followed, follow }: MessageListProps): JSX.Element {
  const { rows, loading, error, more, older, reload } = messages;
  if (rows === undefined) {
    return error === undefined ? <Loading what="messages" /> : <Failed error={error} retry={reload} />;
  }
  if (rows.length + followed.rows.length === 0) {
    return (
      <Empty title="No matching messages.">
        <p>
          {follow
            ? 'New messages appear here.'
            : 'Choose a longer time range or another type. What a node sends depends on the verbosity in its --telemetry-url.'}
        </p>
      </Empty>
    );
  }
  return (
    <>
      <ol class="messages" aria-label="Messages, newest first">
        {followed.rows.map((message) => (
          <MessageItem key={message.key} message={message} />
        ))}
        {followed.dropped > 0 && (
          <li class="state">
            {formatCount(followed.dropped)} older live messages are hidden.{' '}
            <button type="button" onClick={reload}>
              Reload the newest
            </button>
          </li>
        )}
        {rows.map((message) => (
          <MessageItem key={message.key} message={message} />
        ))}
      </ol>
      {error !== undefined && <Failed error={error} retry={older} />}
      {error === undefined && more && <LoadOlder loading={loading} load={older} />}
      {!more && <p class="muted">There are no older messages.</p>}
    </>
  );
}
