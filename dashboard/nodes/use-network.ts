import { useEffect } from 'preact/hooks';
import { responseData, api } from '../shared/api.js';
import type { FeedClient } from '../shared/feed.js';
import { type Loaded, useLoaded } from '../shared/loaded.js';
import { type Chain, type Network, type NetworkFrame, type NodeField, NO_HEADER } from './network.js';
import { NodeStore } from './node-store.js';

const CHAINS_INTERVAL_MS = 15_000;
/** Nodes a request. */
const PAGE = 5_000;

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
 * The nodes of a chain: all of them once, and what changes by the feed.
 *
 * @param chain what identifies it, or its name
 * @param fields of which changes are wanted
 */
export function useNetwork(
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
      value: store.network,
      request: () => {
        const since = store.sinceFor(fields);
        return { fields, ...(since !== undefined && { since }) };
      },
      onFrame: (frame) => store.take(frame as unknown as NetworkFrame, fields),
    });
  }, [store, fields.join()]);
  return [loaded, reload];
}

/** All nodes of a chain; none for an unknown chain. */
async function snapshot(chain: string, signal: AbortSignal): Promise<Network> {
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

async function page(chain: string, cursor: number | undefined, signal: AbortSignal): Promise<Network> {
  const query = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
  const asking = api.GET('/network/{chain}', { params: { path: { chain }, query }, signal });
  if ((await asking).response.status === 404) {
    return {
      network: chain,
      genesis_hash: null,
      chain: null,
      as_of: '',
      header: NO_HEADER,
      nodes: [],
      next_cursor: null,
    };
  }
  return await responseData(asking);
}
