import { useMemo } from 'preact/hooks';
import { type Order, ordered } from './node-order.js';
import type { NodeStore, StoredNode } from './node-store.js';

/** What decides which nodes are shown, and in which order. */
export interface Choice {
  store: NodeStore;
  words: string;
  order: Order;
  pins: ReadonlySet<string>;
}

/**
 * The nodes in their order.
 *
 * @param version of the store
 * @param held they keep their places, so that nobody hits another one than they meant; new ones come last
 */
export function useOrdered(
  { store, words, order, pins }: Choice,
  version: number,
  held: boolean,
): StoredNode[] {
  const { column, descending } = order;
  // Whoever chooses otherwise begins with no places.
  const places = useMemo(() => ({ of: new Map<number, number>() }), [store, words, column, descending, pins]);
  return useMemo(() => {
    const nodes = ordered(store.all(), words, { column, descending }, pins);
    if (held && places.of.size > 0) {
      const place = ({ id }: StoredNode): number => places.of.get(id) ?? places.of.size;
      nodes.sort((one, other) => place(one) - place(other));
    }
    places.of = new Map(nodes.map(({ id }, at) => [id, at]));
    return nodes;
  }, [places, version, held]);
}
