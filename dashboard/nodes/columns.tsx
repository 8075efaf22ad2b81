import type { JSX } from 'preact';
import { formatBytesPerSecond, formatCount, formatSpan, shortHash } from '../shared/format.js';
import { linkTo } from '../shared/url-state.js';
import type { NetworkHeader, NetworkNode, NodeField } from './network.js';

/** Data for cells besides the node. */
export interface CellContext {
  /** The displayed name of the chain. */
  chain: string;
  chainId: string;
  header: NetworkHeader;
  /** The current time by the server's clock: milliseconds since the epoch. */
  now: number;
}

export interface Column {
  name: string;
  label: string;
  /** Requested fields. */
  fields: readonly NodeField[];
  /** Sort key. */
  key: (node: NetworkNode) => string | number | null;
  cell: (node: NetworkNode, context: CellContext) => JSX.Element | string;
  /** In `rem`. */
  width: number;
  number?: boolean;
  /** Hidden by default. */
  isOptional?: boolean;
}

const NONE = '–';
const textOf = (value: number | null, format: (value: number) => string): string =>
  value === null ? NONE : format(value);
const milliseconds = (value: number): string =>
  value < 10_000 ? `${formatCount(value)}\u00a0ms` : formatSpan(value);
const timeOf = (text: string | null): number | null =>
  text === null || text === '' ? null : Date.parse(text);
const ago = (since: number | null, now: number): string =>
  since === null ? NONE : formatSpan(Math.max(0, now - since));

function textColumn(name: NodeField, label: string, width: number, more: Partial<Column> = {}): Column {
  return {
    name,
    label,
    width,
    fields: [name],
    key: (node) => node[name] as string | null,
    cell: (node) => <bdi title={String(node[name] ?? '')}>{node[name] ?? NONE}</bdi>,
    ...more,
  };
}

function numberColumn(
  name: NodeField,
  label: string,
  width: number,
  format: (value: number) => string,
  more: Partial<Column> = {},
): Column {
  return {
    name,
    label,
    width,
    number: true,
    fields: [name],
    key: (node) => node[name] as number | null,
    cell: (node) => textOf(node[name] as number | null, format),
    ...more,
  };
}

function hashColumn(name: NodeField, label: string): Column {
  return textColumn(name, label, 9, {
    isOptional: true,
    cell: (node) => <code title={String(node[name] ?? '')}>{shortHash(String(node[name] ?? NONE))}</code>,
  });
}

const nameOf = ({ name, peer_id, id }: NetworkNode): string => name ?? shortHash(peer_id ?? id.toString());

function NameCell({ node, chainId }: { node: NetworkNode; chainId: string }): JSX.Element {
  const name = <bdi title={nameOf(node)}>{nameOf(node)}</bdi>;
  if (node.peer_id === null) return name;
  const link = <a href={linkTo('/dashboard/node/', { peer_id: node.peer_id, chain: chainId })}>{name}</a>;
  if (!node.duplicate) return link;
  return (
    <span class="marked">
      {link} <Mark text="duplicate" title="Several nodes with this peer id are connected." />
    </span>
  );
}

/** A visible warning about a node. */
function Mark({ text, title }: { text: string; title: string }): JSX.Element {
  return (
    <span class="mark warning" title={title}>
      {text}
    </span>
  );
}

interface HeightCellProps {
  node: NetworkNode;
  height: number | null;
  /** The height of the chain. */
  chainHeight: number | null;
}

/** A height, marked if it is above the height of the chain. */
function HeightCell({ node, height, chainHeight }: HeightCellProps): JSX.Element {
  const isAbove = node.unconfirmed && height !== null && (chainHeight === null || height > chainHeight);
  const text = textOf(height, formatCount);
  if (!isAbove) return <>{text}</>;
  return (
    <>
      <Mark text="?" title="Unconfirmed: above the height of the chain." />
      <span>{text}</span>
    </>
  );
}

/** Always visible. */
export const NAME: Column = textColumn('name', 'Name', 15, {
  fields: ['name', 'peer_id', 'duplicate'],
  key: nameOf,
  cell: (node, { chainId }) => <NameCell node={node} chainId={chainId} />,
});

/** In display order. */
export const COLUMNS: readonly Column[] = [
  NAME,
  {
    name: 'authority',
    label: 'Validator',
    width: 6.5,
    fields: ['authority'],
    key: (node) => (node.authority === null ? null : Number(node.authority)),
    cell: (node) => (node.authority === null ? NONE : node.authority ? '✓ yes' : 'no'),
  },
  textColumn('implementation', 'Implementation', 10),
  textColumn('version', 'Version', 10),
  {
    name: 'chain',
    label: 'Chain',
    width: 9,
    fields: [],
    key: () => null,
    cell: (_, { chain }) => <bdi title={chain}>{chain}</bdi>,
    isOptional: true,
  },
  numberColumn('peers', 'Peers', 5.5, formatCount),
  numberColumn('transactions', 'Transactions', 8.5, formatCount),
  numberColumn('best_height', 'Best block', 8, formatCount, {
    fields: ['best_height', 'unconfirmed'],
    cell: (node, { header }) => (
      <HeightCell node={node} height={node.best_height} chainHeight={header.best_height} />
    ),
  }),
  hashColumn('best_hash', 'Best hash'),
  numberColumn('finalized_height', 'Finalized', 8, formatCount, {
    fields: ['finalized_height', 'unconfirmed'],
    cell: (node, { header }) => (
      <HeightCell node={node} height={node.finalized_height} chainHeight={header.finalized_height} />
    ),
  }),
  hashColumn('finalized_hash', 'Finalized hash'),
  numberColumn('block_time_ms', 'Block time', 7.5, milliseconds),
  numberColumn('propagation_ms', 'Propagation', 8, milliseconds),
  numberColumn('upload', 'Upload', 7, formatBytesPerSecond),
  numberColumn('download', 'Download', 7, formatBytesPerSecond),
  numberColumn('last_heard_at', 'Last message', 8.5, formatCount, {
    key: (node) => timeOf(node.last_heard_at),
    cell: (node, { now }) => ago(timeOf(node.last_heard_at), now),
  }),
  numberColumn('startup_time', 'Uptime', 7.5, formatCount, {
    // The earliest start has the longest uptime.
    key: ({ startup_time }) => (startup_time === null ? null : -startup_time),
    cell: (node, { now }) => ago(node.startup_time, now),
  }),
  numberColumn('connected_at', 'Connected', 7.5, formatCount, {
    isOptional: true,
    key: (node) => -(timeOf(node.connected_at) ?? 0),
    cell: (node, { now }) => ago(timeOf(node.connected_at), now),
  }),
];

/** The fields of columns, sorted, without duplicates. */
export function fieldsOf(columns: readonly Column[]): NodeField[] {
  const always: NodeField[] = ['name', 'peer_id', 'implementation', 'version', 'duplicate'];
  return [...new Set([...always, ...columns.flatMap(({ fields }) => fields)])].sort();
}
