import type { JSX } from 'preact';
import { formatBytesPerSecond, formatCount, formatSpan, shortHash } from '../shared/format.js';
import { linkTo } from '../shared/url-state.js';
import type { NetworkHeader, NetworkNode, NodeField } from './network.js';

/** What cells need besides their node. */
export interface Surroundings {
  /** As people read it. */
  chain: string;
  /** What identifies it. */
  network: string;
  header: NetworkHeader;
  /** The server's time: milliseconds since the epoch. */
  now: number;
}

export interface Column {
  name: string;
  label: string;
  /** Requested fields. */
  fields: readonly NodeField[];
  /** What it is sorted by. */
  key: (node: NetworkNode) => string | number | null;
  cell: (node: NetworkNode, surroundings: Surroundings) => JSX.Element | string;
  /** Of `rem`. */
  width: number;
  number?: boolean;
  /** Not shown until it is chosen. */
  spare?: boolean;
}

const NONE = '–';
const shown = (value: number | null, format: (value: number) => string): string =>
  value === null ? NONE : format(value);
const milliseconds = (value: number): string =>
  value < 10_000 ? `${formatCount(value)}\u00a0ms` : formatSpan(value);
const timeOf = (text: string | null): number | null =>
  text === null || text === '' ? null : Date.parse(text);
const ago = (since: number | null, now: number): string =>
  since === null ? NONE : formatSpan(Math.max(0, now - since));

function text(name: NodeField, label: string, width: number, more: Partial<Column> = {}): Column {
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

function amount(
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
    cell: (node) => shown(node[name] as number | null, format),
    ...more,
  };
}

function hash(name: NodeField, label: string): Column {
  return text(name, label, 9, {
    spare: true,
    cell: (node) => <code title={String(node[name] ?? '')}>{shortHash(String(node[name] ?? NONE))}</code>,
  });
}

const nameOf = ({ name, peer_id, id }: NetworkNode): string => name ?? shortHash(peer_id ?? id.toString());

function NameCell({ node, network }: { node: NetworkNode; network: string }): JSX.Element {
  const name = <bdi title={nameOf(node)}>{nameOf(node)}</bdi>;
  if (node.peer_id === null) return name;
  const link = <a href={linkTo('/dashboard/node/', { peer_id: node.peer_id, chain: network })}>{name}</a>;
  if (!node.duplicate) return link;
  return (
    <span class="marked">
      {link} <Mark text="duplicate" title="Several nodes with this peer id are connected." />
    </span>
  );
}

/** What is odd about a node, in words. */
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
  /** The one that counts for the chain. */
  counts: number | null;
}

/** A height, and whether it is above what counts for the chain. */
function HeightCell({ node, height, counts }: HeightCellProps): JSX.Element {
  const isAbove = node.unconfirmed && height !== null && (counts === null || height > counts);
  const text = shown(height, formatCount);
  if (!isAbove) return <>{text}</>;
  return (
    <>
      <Mark text="?" title="Unconfirmed: above the height of the chain." />
      <span>{text}</span>
    </>
  );
}

/** Always there. */
export const NAME: Column = text('name', 'Name', 15, {
  fields: ['name', 'peer_id', 'duplicate'],
  key: nameOf,
  cell: (node, { network }) => <NameCell node={node} network={network} />,
});

/** In the order in which they are shown. */
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
  text('implementation', 'Implementation', 10),
  text('version', 'Version', 10),
  {
    name: 'chain',
    label: 'Chain',
    width: 9,
    fields: [],
    key: () => null,
    cell: (_, { chain }) => <bdi title={chain}>{chain}</bdi>,
    spare: true,
  },
  amount('peers', 'Peers', 5.5, formatCount),
  amount('transactions', 'Transactions', 8, formatCount),
  amount('best_height', 'Best block', 8, formatCount, {
    fields: ['best_height', 'unconfirmed'],
    cell: (node, { header }) => (
      <HeightCell node={node} height={node.best_height} counts={header.best_height} />
    ),
  }),
  hash('best_hash', 'Best hash'),
  amount('finalized_height', 'Finalized', 8, formatCount, {
    fields: ['finalized_height', 'unconfirmed'],
    cell: (node, { header }) => (
      <HeightCell node={node} height={node.finalized_height} counts={header.finalized_height} />
    ),
  }),
  hash('finalized_hash', 'Finalized hash'),
  amount('block_time_ms', 'Block time', 7.5, milliseconds),
  amount('propagation_ms', 'Propagation', 8, milliseconds),
  amount('upload', 'Upload', 7, formatBytesPerSecond),
  amount('download', 'Download', 7, formatBytesPerSecond),
  amount('last_heard_at', 'Last message', 7.5, formatCount, {
    key: (node) => timeOf(node.last_heard_at),
    cell: (node, { now }) => ago(timeOf(node.last_heard_at), now),
  }),
  amount('startup_time', 'Uptime', 7.5, formatCount, {
    // The longest is that of the earliest start.
    key: ({ startup_time }) => (startup_time === null ? null : -startup_time),
    cell: (node, { now }) => ago(node.startup_time, now),
  }),
  amount('connected_at', 'Connected', 7.5, formatCount, {
    spare: true,
    key: (node) => -(timeOf(node.connected_at) ?? 0),
    cell: (node, { now }) => ago(timeOf(node.connected_at), now),
  }),
];

/** The fields of some columns, in one order, without repeats. */
export function fieldsOf(columns: readonly Column[]): NodeField[] {
  const always: NodeField[] = ['name', 'peer_id', 'implementation', 'version', 'duplicate'];
  return [...new Set([...always, ...columns.flatMap(({ fields }) => fields)])].sort();
}
