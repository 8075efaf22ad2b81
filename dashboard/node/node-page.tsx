import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { answerOf, api, RequestFailedError } from '../shared/api.js';
import { useLoaded } from '../shared/loaded.js';
import { NodePicker, nodeName } from '../shared/node-picker.js';
import { Page } from '../shared/page.js';
import { RangePicker } from '../shared/range-picker.js';
import { Empty, Shown } from '../shared/states.js';
import { boundsOf, readRange, writeRange } from '../shared/time-range.js';
import { linkTo, useQueryState } from '../shared/url-state.js';
import { Facts } from './facts.js';
import { Hardware } from './hardware.js';
import { History } from './history.js';
import { loadSessions } from './load-sessions.js';
import { Sessions } from './sessions.js';

/** One node: what it is, when it was there, how it did, and what it runs on. */
export function NodePage(): JSX.Element {
  const [query, change] = useQueryState();
  const [refreshed, setRefreshed] = useState(0);
  const peerId = query.get('peer_id') ?? '';
  const range = readRange(query);
  const rangeKey = JSON.stringify(range);
  // What moves with the clock stays where it was read, until it is read anew.
  const bounds = useMemo(() => boundsOf(range), [rangeKey, peerId, refreshed]);
  return (
    <Page title="Node" peerId={peerId}>
      <form class="fields" aria-label="Which node, and when" onSubmit={(event) => event.preventDefault()}>
        <NodePicker value={peerId} onChange={(peer_id) => change({ peer_id })} />
        <RangePicker value={range} onChange={(chosen) => change(writeRange(chosen))} />
        <button type="button" onClick={() => setRefreshed((count) => count + 1)}>
          Refresh
        </button>
      </form>
      {peerId === '' ? (
        <Empty title="Choose a node.">
          <p>
            Write its name or peer id above, or find it on the page of <a href="/dashboard/">all nodes</a>.
          </p>
        </Empty>
      ) : (
        <NodeShown key={peerId} peerId={peerId} bounds={bounds} />
      )}
    </Page>
  );
}

interface NodeShownProps {
  peerId: string;
  bounds: { start: number; end: number };
}

function NodeShown({ peerId, bounds }: NodeShownProps): JSX.Element {
  const path = { peer_id: peerId };
  const [node, reload] = useLoaded(
    (signal) => answerOf(api.GET('/nodes/{peer_id}', { params: { path }, signal })),
    [peerId, bounds],
  );
  const [sessions, reloadSessions] = useLoaded(
    (signal) => loadSessions(peerId, bounds.start, signal),
    [peerId, bounds],
  );
  if (node.state === 'failed' && node.error instanceof RequestFailedError && node.error.status === 404) {
    return (
      <Empty title="No node with this peer id has ever been connected.">
        <p>
          Look for it on the page of <a href="/dashboard/">all nodes</a>.
        </p>
      </Empty>
    );
  }
  return (
    <>
      <Shown of={node} what="the node" retry={reload}>
        {(known) => (
          <>
            <h2>{nodeName(known)}</h2>
            <p>
              <a href={linkTo('/dashboard/logs/', path)}>Its messages</a>
            </p>
            <Facts node={known} />
          </>
        )}
      </Shown>
      <Shown of={sessions} what="its sessions" retry={reloadSessions}>
        {(loaded) => <Sessions sessions={loaded} bounds={bounds} />}
      </Shown>
      <History peerId={peerId} bounds={bounds} />
      {node.value && <Hardware node={node.value} />}
    </>
  );
}
