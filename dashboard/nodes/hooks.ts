import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useReducer, useState } from 'preact/hooks';
import { filterAndSort, type Order } from './node-order.js';
import type { NodeStore, StoredNode } from './node-store.js';

/** Renders once a second, for relative times. */
export function useSecond(): void {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
}

/** A set of names in the local storage. @param initial used if none is stored */
export function useStored(
  key: string,
  initial: readonly string[],
): [ReadonlySet<string>, (name: string) => void] {
  const [names, setNames] = useState(() => read(key) ?? new Set(initial));
  const toggle = (name: string): void => {
    const next = new Set(names);
    if (!next.delete(name)) next.add(name);
    localStorage.setItem(key, JSON.stringify([...next]));
    setNames(next);
  };
  return [names, toggle];
}

function read(key: string): Set<string> | undefined {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(key) ?? '');
    return Array.isArray(names) ? new Set(names.filter((name) => typeof name === 'string')) : undefined;
  } catch {
    return undefined;
  }
}

const DEBOUNCE_MS = 500;

/**
 * A search text that applies immediately, and is stored when the user stops typing.
 *
 * @param stored the stored text, which also changes with the history of the browser
 */
export function useSearch(
  stored: string,
  store: (search: string) => void,
): [string, (search: string) => void] {
  const [search, setSearch] = useState(stored);
  useEffect(() => setSearch(stored), [stored]);
  useEffect(() => {
    if (search === stored) return;
    const timer = setTimeout(() => store(search), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [search, stored]);
  return [search, setSearch];
}

/** Inputs of the filter and the order. */
interface NodeSelection {
  store: NodeStore;
  search: string;
  order: Order;
  pins: ReadonlySet<string>;
}

/**
 * The filtered and sorted nodes.
 *
 * @param version version of the store
 * @param orderLocked rows keep their positions, so that users do not click a wrong one; new rows are appended
 */
export function useSortedNodes(
  { store, search, order, pins }: NodeSelection,
  version: number,
  orderLocked: boolean,
): StoredNode[] {
  const { column, descending } = order;
  // Other filters or another order reset the positions.
  const positions = useMemo(
    () => ({ byId: new Map<number, number>() }),
    [store, search, column, descending, pins],
  );
  return useMemo(() => {
    const nodes = filterAndSort(store.all(), search, { column, descending }, pins);
    if (orderLocked && positions.byId.size > 0) {
      const position = ({ id }: StoredNode): number => positions.byId.get(id) ?? positions.byId.size;
      nodes.sort((a, b) => position(a) - position(b));
    }
    positions.byId = new Map(nodes.map(({ id }, at) => [id, at]));
    return nodes;
  }, [positions, version, orderLocked]);
}

/** Rows that are rendered above and below the visible ones. */
const OVERSCAN = 10;

interface VirtualRows {
  /** The rendered rows. */
  rows: VirtualItem[];
  /** Heights of the spacers above and below them: pixels. */
  above: number;
  below: number;
}

/** Virtual scrolling of a table in an element. @param height height of a row: pixels */
export function useVirtualRows(
  scroller: RefObject<HTMLDivElement | null>,
  count: number,
  height: number,
  header: number,
): VirtualRows {
  const [, rerender] = useReducer<number, undefined>((count) => count + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    paddingStart: header,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => rerender(undefined),
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLDivElement, HTMLDivElement>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => virtualizer._willUpdate());
  const rows = virtualizer.getVirtualItems();
  const [first, last] = [rows[0], rows.at(-1)];
  return {
    rows,
    above: first === undefined ? 0 : first.start - header,
    below: last === undefined ? count * height : virtualizer.getTotalSize() - last.end,
  };
}
