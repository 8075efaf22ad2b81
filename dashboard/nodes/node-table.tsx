import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Column, CellContext } from './columns.js';
import type { NetworkNode } from './network.js';
import { type Order, pinOf } from './node-order.js';
import type { NodeStore } from './node-store.js';
import { useSortedNodes, useSecond, useVirtualRows } from './hooks.js';

/** Must match nodes.css and theme.css. */
const ROW_HEIGHT_PX = 33;
const REM_PX = 15;
const PIN_WIDTH_REM = 2.75;

interface NodeTableProps {
  store: NodeStore;
  chain: string;
  columns: readonly Column[];
  search: string;
  order: Order;
  onOrder: (column: Column) => void;
  pins: ReadonlySet<string>;
  onPin: (pin: string) => void;
}

/** The nodes of a chain. Renders only visible rows. */
export function NodeTable(props: NodeTableProps): JSX.Element {
  const { store, chain, columns, search, order, onOrder, pins, onPin } = props;
  const [version, setVersion] = useState(store.version);
  useEffect(() => {
    setVersion(store.version);
    return store.onChange(() => setVersion(store.version));
  }, [store]);
  useSecond();
  const [orderLocked, setOrderLocked] = useState(false);
  const nodes = useSortedNodes({ store, search, order, pins }, version, orderLocked);
  const scroller = useRef<HTMLDivElement>(null);
  const { rows, above, below } = useVirtualRows(scroller, nodes.length, ROW_HEIGHT_PX, ROW_HEIGHT_PX);
  const context = { chain, chainId: store.chainId, header: store.header, now: store.now() };
  const width = columns.reduce((sum, column) => sum + column.width, PIN_WIDTH_REM);
  return (
    <div class="scroll nodes" ref={scroller} tabIndex={0} role="region" aria-label="Nodes">
      <table aria-rowcount={nodes.length + 1} style={{ width: `${width * REM_PX}px` }}>
        <caption class="hidden">The connected nodes of {chain}</caption>
        <colgroup>
          <col style={{ width: `${PIN_WIDTH_REM * REM_PX}px` }} />
          {columns.map((column) => (
            <col key={column.name} style={{ width: `${column.width * REM_PX}px` }} />
          ))}
        </colgroup>
        <Head columns={columns} order={order} onOrder={onOrder} />
        <tbody
          onMouseEnter={() => setOrderLocked(true)}
          onMouseLeave={() => setOrderLocked(false)}
          onFocusIn={() => setOrderLocked(true)}
          onFocusOut={() => setOrderLocked(false)}
        >
          <Spacer height={above} />
          {/* Keyed by index: a new order updates text and reuses the DOM rows. */}
          {rows.map(({ index }) => {
            const node = nodes[index];
            if (node === undefined) return null;
            const pinned = pins.has(pinOf(node));
            return (
              <tr key={index} aria-rowindex={index + 2} class={pinned ? 'pinned' : ''}>
                <PinCell node={node} pinned={pinned} onPin={onPin} />
                {columns.map((column) => (
                  <Cell key={column.name} column={column} node={node} context={context} />
                ))}
              </tr>
            );
          })}
          <Spacer height={below} />
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
  context: CellContext;
}

function Cell({ column, node, context }: CellProps): JSX.Element {
  const content = column.cell(node, context);
  if (column.name === 'name') return <th scope="row">{content}</th>;
  return <td class={column.number ? 'number' : ''}>{content}</td>;
}

/** Spacer for rows that are not rendered. */
function Spacer({ height }: { height: number }): JSX.Element {
  return <tr class="space" aria-hidden="true" style={{ height: `${height}px` }} />;
}
