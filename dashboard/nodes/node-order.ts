import type { Column } from './columns.js';
import type { NetworkNode } from './network.js';
import type { StoredNode } from './node-store.js';

export interface Order {
  column: Column;
  descending: boolean;
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** What a node is remembered by when it is pinned: its connections come and go. */
export function pinOf({ peer_id, id }: Pick<NetworkNode, 'peer_id' | 'id'>): string {
  return peer_id ?? id.toString();
}

/** Those that are meant, pinned ones first; who has no value comes last, whichever way it is sorted. */
export function ordered(
  nodes: readonly StoredNode[],
  words: string,
  { column, descending }: Order,
  pins: ReadonlySet<string>,
): StoredNode[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const keyed = nodes
    .filter((node) => wanted.every((word) => node.words.includes(word)))
    .map((node) => ({ node, key: column.key(node), pinned: pins.has(pinOf(node)) }));
  keyed.sort((one, other) => {
    if (one.pinned !== other.pinned) return one.pinned ? -1 : 1;
    if (one.key === null || other.key === null) return Number(one.key === null) - Number(other.key === null);
    const order = compare(one.key, other.key);
    return descending ? -order : order;
  });
  return keyed.map(({ node }) => node);
}

function compare(one: string | number, other: string | number): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return collator.compare(String(one), String(other));
}
