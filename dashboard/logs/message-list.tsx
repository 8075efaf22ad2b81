import type { JSX } from 'preact';
import { memo } from 'preact/compat';
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatCount } from '../shared/format.js';
import { JsonTree } from '../shared/json-tree.js';
import { Empty, Failed, Loading } from '../shared/states.js';
import { Time } from '../shared/time.js';
import { previewOf, type ShownMessage } from './shown-message.js';
import type { Followed } from './use-followed.js';
import type { Messages } from './use-messages.js';

interface MessageListProps {
  messages: Messages;
  followed: Followed;
  follow: boolean;
}

/** Live messages, then loaded ones. */
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
            {formatCount(followed.dropped)} live messages were dropped.{' '}
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

/** One message; expands to a JSON tree. */
const MessageItem = memo(({ message }: { message: ShownMessage }): JSX.Element => {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <Time value={message.createdAt} precise /> <strong>{message.msg || '(no type)'}</strong>{' '}
          <span class="preview mono">{previewOf(message.logs)}</span>
        </summary>
        {open && <JsonTree value={message.logs} />}
      </details>
    </li>
  );
});

interface OlderProps {
  loading: boolean;
  load: () => void;
}

/** Loads older messages on click, or when it scrolls into view. */
function LoadOlder({ loading, load }: OlderProps): JSX.Element {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (button.current === null || loading) return;
    const observer = new IntersectionObserver((entries) => {
      // The last entry is the current state. At the top of the page nothing is loaded automatically.
      if (entries.at(-1)?.isIntersecting === true && scrollY > 0) load();
    });
    observer.observe(button.current);
    return () => observer.disconnect();
  }, [loading, load]);
  return (
    <button ref={button} type="button" class="older" aria-disabled={loading} onClick={load}>
      {loading ? 'Loading older messages…' : 'Older messages'}
    </button>
  );
}
