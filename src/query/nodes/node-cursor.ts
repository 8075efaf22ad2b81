/** Where a page of nodes begins. */
export interface NodeCursor {
  peerId: string;
  /** The key of the chain, '' for none; undefined where all nodes of the peer have been seen. */
  chain: string | undefined;
}

/** Reads the `cursor` of a node, `["PEER_ID", "CHAIN"]`; any other text is a peer id. */
export function parseNodeCursor(text: string): NodeCursor {
  const parts = listIn(text);
  if (parts?.length === 2) {
    const [peerId, chain] = parts;
    if (typeof peerId === 'string' && typeof chain === 'string') return { peerId, chain };
  }
  return { peerId: text, chain: undefined };
}

function listIn(text: string): unknown[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
