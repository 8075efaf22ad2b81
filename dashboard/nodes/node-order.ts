import type { Column } from './columns.js';
import type { NetworkNode } from './network.js';
import type { StoredNode } from './node-store.js';

export interface Order {
  column: Column;
  descending: boolean;
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Key of a pinned node: the peer id, which survives reconnects. */
export function pinOf({ peer_id, id }: Pick<NetworkNode, 'peer_id' | 'id'>): string {
  return peer_id ?? id.toString();
}

/** Filters by words and sorts. Pinned nodes first; nodes without a value last, in both directions. */
export function filterAndSort(
  nodes: readonly StoredNode[],
  search: string,
  { column, descending }: Order,
  pins: ReadonlySet<string>,
): StoredNode[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const keyed = nodes
    .filter((node) => words.every((word) => node.searchText.includes(word)))
    .map((node) => ({ node, key: column.key(node), pinned: pins.has(pinOf(node)) }));
  keyed.sort((a, b) => {
    if (a.pinned !== b.pinned) return a.pinned ? -1 : 1;
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
    const order = compare(a.key, b.key);
    return descending ? -order : order;
  });
  return keyed.map(({ node }) => node);
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return collator.compare(String(a), String(b));
}
