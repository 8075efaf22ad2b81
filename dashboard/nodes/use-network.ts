import { useEffect } from 'preact/hooks';
import { responseData, api } from '../shared/api.js';
import type { FeedClient } from '../shared/feed.js';
import { type Loaded, useLoaded } from '../shared/loaded.js';
import { type Chain, type ChainState, type NetworkFrame, type NodeField, EMPTY_HEADER } from './network.js';
import { NodeStore } from './node-store.js';

const CHAINS_INTERVAL_MS = 15_000;
/** Nodes per request. */
const PAGE_SIZE = 5_000;

/** The chains with nodes, polled. */
export function useChains(): [Loaded<Chain[]>, () => void] {
  const [chains, reload] = useLoaded((signal) => responseData(api.GET('/network', { signal })), []);
  useEffect(() => {
    const timer = setInterval(reload, CHAINS_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [reload]);
  return [chains, reload];
}

/**
 * The nodes of a chain: loaded once, then updated by the feed.
 *
 * @param chain the id or name of the chain
 * @param fields the subscribed fields
 */
export function useNodeStore(
  feed: FeedClient,
  chain: string | undefined,
  fields: readonly NodeField[],
): [Loaded<NodeStore>, () => void] {
  const [loaded, reload] = useLoaded(
    chain === undefined
      ? undefined
      : async (signal) => {
          const store = new NodeStore();
          store.load(await snapshot(chain, signal));
          return store;
        },
    [chain],
  );
  const store = loaded.state === 'done' ? loaded.value : undefined;
  useEffect(() => {
    if (store === undefined) return;
    return feed.follow({
      name: 'network',
      value: store.chainId,
      request: () => {
        const since = store.sinceFor(fields);
        return { fields, ...(since !== undefined && { since }) };
      },
      onFrame: (frame) => store.apply(frame as unknown as NetworkFrame, fields),
    });
  }, [store, fields.join()]);
  return [loaded, reload];
}

/** All nodes of a chain; none for an unknown chain. */
async function snapshot(chain: string, signal: AbortSignal): Promise<ChainState> {
  const first = await page(chain, undefined, signal);
  const nodes = [...first.nodes];
  for (let cursor = first.next_cursor; cursor !== null;) {
    const next = await page(first.network, cursor, signal);
    nodes.push(...next.nodes);
    cursor = next.next_cursor;
  }
  // The feed sends changes since the first page.
  return { ...first, nodes, next_cursor: null };
}

async function page(chain: string, cursor: number | undefined, signal: AbortSignal): Promise<ChainState> {
  const query = { limit: PAGE_SIZE, ...(cursor !== undefined && { cursor }) };
  const request = api.GET('/network/{chain}', { params: { path: { chain }, query }, signal });
  if ((await request).response.status === 404) {
    return {
      network: chain,
      genesis_hash: null,
      chain: null,
      as_of: '',
      header: EMPTY_HEADER,
      nodes: [],
      next_cursor: null,
    };
  }
  return await responseData(request);
}
