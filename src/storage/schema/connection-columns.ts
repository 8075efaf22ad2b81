import type { EndReason } from './end-reason.js';

/**
 * The kind of a field of `system.connected`. `peerId`: a string, ignored if it is too long. `text`: a string, truncated
 * if it is too long. `hash`: `0x` and 64 hexadecimal digits, stored in lower case. `flag`: a boolean. `time`: milliseconds
 * since the epoch by the node's clock, as a number or as digits. `object`: a JSON object, stored as text.
 */
export type ReportedKind = 'peerId' | 'text' | 'hash' | 'flag' | 'time' | 'object';

interface ReportedField {
  /** In {@link NodeIdentity}. */
  key: string;
  /** In `peer_connections`, in responses, and in the feed. */
  column: string;
  /** In `system.connected`. */
  messageField: string;
  kind: ReportedKind;
  /** `node`: responses about nodes and connections have it; `connection`: only those about connections. */
  responses: 'node' | 'connection';
  description: string;
  example?: unknown;
}

/**
 * The fields of `system.connected` that are stored with a connection. To store one more, add it here and to a migration:
 * parsing, storing, the journal, responses and their documentation are derived from this list.
 */
export const REPORTED_FIELDS = [
  {
    key: 'peerId',
    column: 'peer_id',
    messageField: 'network_id',
    kind: 'peerId',
    responses: 'node',
    description: '',
    example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
  },
  {
    key: 'name',
    column: 'name',
    messageField: 'name',
    kind: 'text',
    responses: 'node',
    description: 'Name of the node, as reported by the node.',
    example: 'alice',
  },
  {
    key: 'chain',
    column: 'chain',
    messageField: 'chain',
    kind: 'text',
    responses: 'node',
    description: '',
    example: 'Polkadot',
  },
  {
    key: 'version',
    column: 'version',
    messageField: 'version',
    kind: 'text',
    responses: 'node',
    description: '',
    example: '1.16.1-835e0767fe8',
  },
  {
    key: 'authority',
    column: 'authority',
    messageField: 'authority',
    kind: 'flag',
    responses: 'node',
    description: 'Whether the node runs as a validator.',
  },
  {
    key: 'startupTime',
    column: 'startup_time',
    messageField: 'startup_time',
    kind: 'time',
    responses: 'node',
    description: 'Start time of the node by its own clock: milliseconds since the Unix epoch.',
    example: 1767323045678,
  },
  {
    key: 'implementation',
    column: 'implementation',
    messageField: 'implementation',
    kind: 'text',
    responses: 'node',
    description: '',
    example: 'Parity Polkadot',
  },
  {
    key: 'config',
    column: 'config',
    messageField: 'config',
    kind: 'text',
    responses: 'connection',
    description: 'Configuration of the node.',
  },
  {
    key: 'genesisHash',
    column: 'genesis_hash',
    messageField: 'genesis_hash',
    kind: 'hash',
    responses: 'node',
    description: 'Genesis hash of its chain, which identifies the chain.',
    example: '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3',
  },
  {
    key: 'targetOs',
    column: 'target_os',
    messageField: 'target_os',
    kind: 'text',
    responses: 'connection',
    description: '',
    example: 'linux',
  },
  {
    key: 'targetArch',
    column: 'target_arch',
    messageField: 'target_arch',
    kind: 'text',
    responses: 'connection',
    description: '',
    example: 'x86_64',
  },
  {
    key: 'targetEnv',
    column: 'target_env',
    messageField: 'target_env',
    kind: 'text',
    responses: 'connection',
    description: '',
    example: 'gnu',
  },
  {
    key: 'sysinfo',
    column: 'sysinfo',
    messageField: 'sysinfo',
    kind: 'object',
    responses: 'connection',
    description: 'Hardware of the machine, as reported by the node.',
    example: { cpu: 'AMD EPYC 7443P', memory: 67334475776, core_count: 24 },
  },
] as const satisfies readonly ReportedField[];

interface ValueOf {
  peerId: string;
  text: string;
  hash: string;
  flag: boolean;
  time: number;
  object: string;
}

/** The values of {@link REPORTED_FIELDS} of a node; `null` where it reported none. */
export type NodeIdentity = {
  [Field in (typeof REPORTED_FIELDS)[number] as Field['key']]: ValueOf[Field['kind']] | null;
};

/** A node that has not sent `system.connected` yet. */
export const UNKNOWN_IDENTITY = Object.fromEntries(
  REPORTED_FIELDS.map(({ key }) => [key, null]),
) as unknown as NodeIdentity;

/** The current state of a row of `peer_connections`. Times are milliseconds since the epoch. */
export interface ConnectionSnapshot extends NodeIdentity {
  /** See `connection-id.ts`. */
  id: number;
  /** Counts the snapshots of a connection; a row never goes back to a lower one. */
  revision: number;
  /** All nodes on one socket share it. */
  socketId: string;
  /** The node's `id` in the envelope; `null` for the flat envelope. */
  envelopeId: number | null;
  ipAddr: string;
  path: string;
  audit: boolean;
  /** When its socket was opened. */
  createdAt: number;
  /** When its first and its latest message arrived, by our clock. */
  firstMessageAt: number;
  lastMessageAt: number;
  /** The bounds of `created_at` of its messages. */
  oldestCreatedAt: number;
  newestCreatedAt: number;
  /** The types of its messages; see `message-types.ts`. */
  types: readonly number[];
  /** The shortest time from a ping to its pong, of the last few: microseconds; `null` where none came yet. */
  rttUs: number | null;
  endedAt: number | null;
  endReason: EndReason | null;
  /** The WebSocket close code. */
  endCode: number | null;
}

/** The PostgreSQL type of a column. `time` is `timestamptz`. */
export type ConnectionColumnType =
  'bigint' | 'boolean' | 'integer' | 'jsonb' | 'smallint[]' | 'text' | 'time' | 'uuid';

export interface ConnectionColumn {
  key: keyof ConnectionSnapshot;
  column: string;
  type: ConnectionColumnType;
}

const TYPE_OF: Readonly<Record<ReportedKind, ConnectionColumnType>> = {
  peerId: 'text',
  text: 'text',
  hash: 'text',
  flag: 'boolean',
  time: 'bigint',
  object: 'jsonb',
};

/** The columns of `peer_connections` that a snapshot has; `collector` is that of the batch. */
export const CONNECTION_COLUMNS: readonly ConnectionColumn[] = [
  { key: 'id', column: 'id', type: 'bigint' },
  { key: 'ipAddr', column: 'ip_addr', type: 'text' },
  { key: 'createdAt', column: 'created_at', type: 'time' },
  { key: 'audit', column: 'audit', type: 'boolean' },
  ...REPORTED_FIELDS.map(({ key, column, kind }) => ({ key, column, type: TYPE_OF[kind] })),
  { key: 'path', column: 'path', type: 'text' },
  { key: 'socketId', column: 'socket_id', type: 'uuid' },
  { key: 'envelopeId', column: 'envelope_id', type: 'bigint' },
  { key: 'revision', column: 'revision', type: 'integer' },
  { key: 'firstMessageAt', column: 'first_message_at', type: 'time' },
  { key: 'lastMessageAt', column: 'last_message_at', type: 'time' },
  { key: 'oldestCreatedAt', column: 'oldest_created_at', type: 'time' },
  { key: 'newestCreatedAt', column: 'newest_created_at', type: 'time' },
  { key: 'types', column: 'types', type: 'smallint[]' },
  { key: 'rttUs', column: 'rtt_us', type: 'integer' },
  { key: 'endedAt', column: 'ended_at', type: 'time' },
  { key: 'endReason', column: 'end_reason', type: 'text' },
  { key: 'endCode', column: 'end_code', type: 'integer' },
];
