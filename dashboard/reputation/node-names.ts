import { responseData, api } from '../shared/api.js';
import { shortHash } from '../shared/format.js';
import { useLoaded } from '../shared/loaded.js';

/** The maximum page size of the server. */
const MAX_ROWS = 10_000;

/** Returns the names of nodes, or their shortened peer ids. */
export function useNodeNames(): (peerId: string) => string {
  const [names] = useLoaded(loadNames, []);
  return (peerId) => names.value?.get(peerId) ?? shortHash(peerId);
}

async function loadNames(signal: AbortSignal): Promise<Map<string, string>> {
  const nodes = await responseData(api.GET('/nodes', { params: { query: { limit: MAX_ROWS } }, signal }));
  return new Map(nodes.flatMap(({ peer_id, name }) => (name ? [[peer_id, name] as const] : [])));
}
