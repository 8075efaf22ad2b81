import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useReducer, useState } from 'preact/hooks';
import { type Order, ordered } from './node-order.js';
import type { NodeStore, StoredNode } from './node-store.js';

/** Draws once a second, for what shows how long ago something was. */
export function useSecond(): void {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
}

/** A set of names that the browser remembers. @param initial unless it remembers one */
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

const SETTLED_MS = 500;

/**
 * Words that are used as they are typed, and kept once typing has paused.
 *
 * @param kept those that were kept last, here or by going back
 */
export function useWords(kept: string, keep: (words: string) => void): [string, (words: string) => void] {
  const [words, setWords] = useState(kept);
  useEffect(() => setWords(kept), [kept]);
  useEffect(() => {
    if (words === kept) return;
    const timer = setTimeout(() => keep(words), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [words, kept]);
  return [words, setWords];
}

/** What decides which nodes are shown, and in which order. */
interface Choice {
  store: NodeStore;
  words: string;
  order: Order;
  pins: ReadonlySet<string>;
}

/**
 * The nodes in their order.
 *
 * @param version of the store
 * @param held rows keep their positions, so that users do not click a wrong one; new rows are appended
 */
export function useOrdered(
  { store, words, order, pins }: Choice,
  version: number,
  held: boolean,
): StoredNode[] {
  const { column, descending } = order;
  // Other filters or another order reset the positions.
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

/** Rows beyond the edges that are there before they are scrolled to. */
const OVERSCAN = 10;

interface VirtualRows {
  /** Those that are in view. */
  rows: VirtualItem[];
  /** Pixels above and below them. */
  above: number;
  below: number;
}

/** Which of many rows are in view, of a table that scrolls in an element. @param height of a row: pixels */
export function useVirtualRows(
  scroller: RefObject<HTMLDivElement | null>,
  count: number,
  height: number,
  header: number,
): VirtualRows {
  const [, redraw] = useReducer<number, undefined>((times) => times + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    paddingStart: header,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => redraw(undefined),
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
