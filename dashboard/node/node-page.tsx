import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { type ApiSchema, responseData, api, RequestFailedError } from '../shared/api.js';
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
import { OpenConnections } from './open-connections.js';
import { Sessions } from './sessions.js';

const RELOAD_MS = 10_000;

/** A node: properties, sessions, history and hardware. */
export function NodePage(): JSX.Element {
  const [query, change] = useQueryState();
  const [refreshed, setRefreshed] = useState(0);
  const peerId = query.get('peer_id') ?? '';
  const chain = query.get('chain') ?? undefined;
  const range = readRange(query);
  const rangeKey = JSON.stringify(range);
  // A range that ends now does not move until a refresh.
  const bounds = useMemo(() => boundsOf(range), [rangeKey, peerId, refreshed]);
  return (
    <Page title="Node" peerId={peerId} chain={chain}>
      <form class="fields" aria-label="Node and time range" onSubmit={(event) => event.preventDefault()}>
        <NodePicker value={peerId} onChange={(peer_id) => change({ peer_id, chain: undefined })} />
        <RangePicker value={range} onChange={(chosen) => change(writeRange(chosen))} />
        <button type="button" onClick={() => setRefreshed((count) => count + 1)}>
          Refresh
        </button>
      </form>
      {peerId === '' ? (
        <Empty title="Choose a node.">
          <p>
            Enter its name or peer id above, or find it in the <a href="/dashboard/">list of nodes</a>.
          </p>
        </Empty>
      ) : (
        <NodeSections key={`${peerId} ${chain ?? ''}`} peerId={peerId} chain={chain} bounds={bounds} />
      )}
    </Page>
  );
}

interface NodeSectionsProps {
  peerId: string;
  /** The id or name of the chain; undefined: the chain of the last message. */
  chain: string | undefined;
  bounds: { start: number; end: number };
}

function NodeSections({ peerId, chain, bounds }: NodeSectionsProps): JSX.Element {
  const path = { peer_id: peerId };
  const [node, reload] = useLoaded(
    (signal) => {
      const query = chain === undefined ? {} : { chain };
      return responseData(api.GET('/nodes/{peer_id}', { params: { path, query }, signal }));
    },
    [peerId, chain, bounds],
  );
  // Otherwise the time since the last message would grow while the node sends.
  useEffect(() => {
    const timer = setInterval(() => document.hidden || reload(), RELOAD_MS);
    return () => clearInterval(timer);
  }, [reload]);
  // Always of one chain, also if the URL has none, because a peer id may be on several chains.
  const chainId = chain ?? (node.value && keyOf(node.value));
  const isKnown = chain !== undefined || node.value !== undefined;
  const [sessions, reloadSessions] = useLoaded(
    isKnown ? (signal) => loadSessions(peerId, chainId, bounds.start, signal) : undefined,
    [peerId, isKnown, chainId, bounds],
  );
  if (node.state === 'failed' && node.error instanceof RequestFailedError && node.error.status === 404) {
    return (
      <Empty title="No node with this peer id has ever connected.">
        <p>
          Look for it in the <a href="/dashboard/">list of nodes</a>.
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
              <a href={linkTo('/dashboard/logs/', { ...path, chain: chainId })}>Messages</a>
            </p>
            <Facts node={known} />
            <OtherChains node={known} />
            {known.duplicate && <OpenConnections node={known} chain={chainId} />}
          </>
        )}
      </Shown>
      <Shown of={sessions} what="its sessions" retry={reloadSessions}>
        {(loaded) => <Sessions sessions={loaded} bounds={bounds} />}
      </Shown>
      {isKnown && <History peerId={peerId} chain={chainId} bounds={bounds} />}
      {node.value && <Hardware node={node.value} />}
    </>
  );
}

/** Key of the chain of a node; undefined if it has sent neither hash nor name. */
function keyOf({
  genesis_hash,
  chain,
}: Pick<ApiSchema<'OtherChain'>, 'genesis_hash' | 'chain'>): string | undefined {
  return genesis_hash ?? (chain === null ? undefined : `name:${chain}`);
}

/** Links to the same peer id on other chains. */
function OtherChains({ node }: { node: ApiSchema<'NodeDetail'> }): JSX.Element | null {
  const others = node.other_chains.flatMap((other) => {
    const key = keyOf(other);
    return key === undefined ? [] : [{ ...other, key }];
  });
  if (others.length === 0) return null;
  return (
    <p>
      Also seen on{' '}
      {others.map(({ key, chain, genesis_hash }, at) => (
        <>
          {at > 0 && ', '}
          <a href={linkTo('/dashboard/node/', { peer_id: node.peer_id, chain: key })}>
            <bdi>{[chain, genesis_hash?.slice(0, 10)].filter(Boolean).join(' ')}</bdi>
          </a>
        </>
      ))}
    </p>
  );
}
