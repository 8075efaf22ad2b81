import { memo } from 'preact/compat';
import type { JSX } from 'preact';

import { useState } from 'preact/hooks';
import { JsonTree } from '../shared/json-tree.js';
import { Time } from '../shared/time.js';
import { previewOf, type ShownMessage } from './shown-message.js';

/** A message on a line, which opens as a tree. */
export const MessageItem = memo(({ message }: { message: ShownMessage }): JSX.Element => {
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
