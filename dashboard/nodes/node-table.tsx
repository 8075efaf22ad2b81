import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Column, Surroundings } from './columns.js';
import type { NetworkNode } from './network.js';
import { type Order, pinOf } from './node-order.js';
import type { NodeStore } from './node-store.js';
import { useOrdered, useSecond, useVirtualRows } from './hooks.js';

/** As in the style sheet: pixels. */
const ROW = 33;
const REM = 15;
const PIN_WIDTH = 2.75;

interface NodeTableProps {
  store: NodeStore;
  chain: string;
  columns: readonly Column[];
  words: string;
  order: Order;
  onOrder: (column: Column) => void;
  pins: ReadonlySet<string>;
  onPin: (pin: string) => void;
}

/** The nodes of a chain, of which the rows in view are drawn. */
export function NodeTable(props: NodeTableProps): JSX.Element {
  const { store, chain, columns, words, order, onOrder, pins, onPin } = props;
  const [version, setVersion] = useState(store.version);
  useEffect(() => {
    setVersion(store.version);
    return store.onChange(() => setVersion(store.version));
  }, [store]);
  useSecond();
  const [held, setHeld] = useState(false);
  const nodes = useOrdered({ store, words, order, pins }, version, held);
  const scroller = useRef<HTMLDivElement>(null);
  const { rows, above, below } = useVirtualRows(scroller, nodes.length, ROW, ROW);
  const surroundings = { chain, network: store.network, header: store.header, now: store.now() };
  const width = columns.reduce((sum, column) => sum + column.width, PIN_WIDTH);
  return (
    <div class="scroll nodes" ref={scroller} tabIndex={0} role="region" aria-label="Nodes">
      <table aria-rowcount={nodes.length + 1} style={{ width: `${width * REM}px` }}>
        <caption class="hidden">The connected nodes of {chain}</caption>
        <colgroup>
          <col style={{ width: `${PIN_WIDTH * REM}px` }} />
          {columns.map((column) => (
            <col key={column.name} style={{ width: `${column.width * REM}px` }} />
          ))}
        </colgroup>
        <Head columns={columns} order={order} onOrder={onOrder} />
        <tbody
          onMouseEnter={() => setHeld(true)}
          onMouseLeave={() => setHeld(false)}
          onFocusIn={() => setHeld(true)}
          onFocusOut={() => setHeld(false)}
        >
          <Space height={above} />
          {/* By their places: an order that changes costs other texts, not other elements. */}
          {rows.map(({ index }) => {
            const node = nodes[index];
            if (node === undefined) return null;
            const pinned = pins.has(pinOf(node));
            return (
              <tr key={index} aria-rowindex={index + 2} class={pinned ? 'pinned' : ''}>
                <PinCell node={node} pinned={pinned} onPin={onPin} />
                {columns.map((column) => (
                  <Cell key={column.name} column={column} node={node} surroundings={surroundings} />
                ))}
              </tr>
            );
          })}
          <Space height={below} />
        </tbody>
      </table>
    </div>
  );
}

function Head({
  columns,
  order,
  onOrder,
}: Pick<NodeTableProps, 'columns' | 'order' | 'onOrder'>): JSX.Element {
  return (
    <thead>
      <tr aria-rowindex={1}>
        <th scope="col">
          <span class="hidden">Pinned</span>
        </th>
        {columns.map((column) => (
          <th
            key={column.name}
            scope="col"
            class={column.number ? 'number' : ''}
            aria-sort={column !== order.column ? 'none' : order.descending ? 'descending' : 'ascending'}
          >
            <button type="button" title={column.label} onClick={() => onOrder(column)}>
              {column.label}
            </button>
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface PinCellProps {
  node: NetworkNode;
  pinned: boolean;
  onPin: (pin: string) => void;
}

function PinCell({ node, pinned, onPin }: PinCellProps): JSX.Element {
  return (
    <td class="pin">
      <button
        type="button"
        aria-pressed={pinned}
        aria-label={`Pin ${node.name ?? node.peer_id ?? node.id}`}
        onClick={() => onPin(pinOf(node))}
      >
        {pinned ? '★' : '☆'}
      </button>
    </td>
  );
}

interface CellProps {
  column: Column;
  node: NetworkNode;
  surroundings: Surroundings;
}

function Cell({ column, node, surroundings }: CellProps): JSX.Element {
  const content = column.cell(node, surroundings);
  if (column.name === 'name') return <th scope="row">{content}</th>;
  return <td class={column.number ? 'number' : ''}>{content}</td>;
}

/** In place of the rows that are not drawn. */
function Space({ height }: { height: number }): JSX.Element {
  return <tr class="space" aria-hidden="true" style={{ height: `${height}px` }} />;
}
