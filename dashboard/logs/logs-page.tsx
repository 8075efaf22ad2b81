import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { parseExact } from '../shared/exact-json.js';
import { FeedClient } from '../shared/feed.js';
import { Page } from '../shared/page.js';
import { Empty, Failed } from '../shared/states.js';
import { linkTo, useQueryState } from '../shared/url-state.js';
import { Exports } from './exports.js';
import { Filters } from './filters.js';
import { MessageList } from './message-list.js';
import { readLogQuery } from './log-query.js';
import { useFollowed } from './use-followed.js';
import { useMessages } from './use-messages.js';
import { useTypes } from './use-types.js';

/** Maximum number of subscriptions of the feed. */
const MAX_TYPES = 100;

const feed = new FeedClient(parseExact);

/** All stored messages of a node. */
export function LogsPage(): JSX.Element {
  const [query, change] = useQueryState();
  const logQuery = readLogQuery(query);
  const { peerId, chain, msg, follow } = logQuery;
  const types = useTypes(logQuery);
  const messages = useMessages(logQuery);
  const all = (types.value ?? []).flatMap(({ log_type }) => log_type ?? []);
  const followed = useFollowed(feed, logQuery, msg === '' ? all.slice(0, MAX_TYPES).sort() : [msg], messages);
  const [error, setError] = useState('');
  useEffect(() => feed.onError(setError), []);
  return (
    <Page title="Logs" path="/dashboard/logs/" peerId={peerId} chain={chain} {...(follow && { feed })}>
      <Filters logQuery={logQuery} types={types} change={change} />
      {error !== '' && <Failed error={new Error(`Live feed: ${error}`)} />}
      {peerId === '' ? (
        <Empty title="Choose a node.">
          <p>
            Enter its name or peer id above, or find it in the <a href="/dashboard/">list of nodes</a>.
          </p>
        </Empty>
      ) : (
        <>
          <div class="fields">
            <Exports logQuery={logQuery} />
            <p>
              <a href={linkTo('/dashboard/node/', { peer_id: peerId, chain })}>Node history</a>
            </p>
          </div>
          {follow && chain !== '' && (
            <p>
              Live messages are shown for this peer id on all chains. Reload the page to see this chain only.
            </p>
          )}
          <MessageList messages={messages} followed={followed} follow={follow} />
        </>
      )}
    </Page>
  );
}
