import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

/** Rows beyond the edges that are there before they are scrolled to. */
const OVERSCAN = 10;

export interface VirtualRows {
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
