import type { EndReason } from './end-reason.js';

/**
 * What a field of `system.connected` holds. `peerId`: a text that is taken whole or not at all. `text`: cut where it is
 * too long. `hash`: 32 bytes in hexadecimal behind `0x`, kept in lower case. `flag`: a boolean. `time`: milliseconds since the epoch by the node's clock, as a number or digits.
 * `object`: a JSON object, kept as text.
 */
export type SaidKind = 'peerId' | 'text' | 'hash' | 'flag' | 'time' | 'object';

interface SaidField {
  /** In {@link NodeIdentity}. */
  key: string;
  /** In `peer_connections`, in answers, and in the feed. */
  column: string;
  /** In `system.connected`. */
  said: string;
  kind: SaidKind;
  /** Which answers have it: those about nodes and connections, or those about connections alone. */
  answers: 'node' | 'connection';
  description: string;
  example?: unknown;
}

/**
 * What `system.connected` says of a node and a connection's row keeps. To keep one field more, add it here and to the
 * migration: identity, storing, journal, answers and their documentation follow.
 */
export const SAID_FIELDS = [
  {
    key: 'peerId',
    column: 'peer_id',
    said: 'network_id',
    kind: 'peerId',
    answers: 'node',
    description: '',
    example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
  },
  {
    key: 'name',
    column: 'name',
    said: 'name',
    kind: 'text',
    answers: 'node',
    description: 'Name of the node, as reported by the node.',
    example: 'alice',
  },
  {
    key: 'chain',
    column: 'chain',
    said: 'chain',
    kind: 'text',
    answers: 'node',
    description: '',
    example: 'Polkadot',
  },
  {
    key: 'version',
    column: 'version',
    said: 'version',
    kind: 'text',
    answers: 'node',
    description: '',
    example: '1.16.1-835e0767fe8',
  },
  {
    key: 'authority',
    column: 'authority',
    said: 'authority',
    kind: 'flag',
    answers: 'node',
    description: 'Whether the node runs as a validator.',
  },
  {
    key: 'startupTime',
    column: 'startup_time',
    said: 'startup_time',
    kind: 'time',
    answers: 'node',
    description: 'Start time of the node by its own clock: milliseconds since the Unix epoch.',
    example: 1767323045678,
  },
  {
    key: 'implementation',
    column: 'implementation',
    said: 'implementation',
    kind: 'text',
    answers: 'node',
    description: '',
    example: 'Parity Polkadot',
  },
  {
    key: 'config',
    column: 'config',
    said: 'config',
    kind: 'text',
    answers: 'connection',
    description: 'Configuration of the node.',
  },
  {
    key: 'genesisHash',
    column: 'genesis_hash',
    said: 'genesis_hash',
    kind: 'hash',
    answers: 'node',
    description: 'Genesis hash of its chain, which identifies the chain.',
    example: '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3',
  },
  {
    key: 'targetOs',
    column: 'target_os',
    said: 'target_os',
    kind: 'text',
    answers: 'connection',
    description: '',
    example: 'linux',
  },
  {
    key: 'targetArch',
    column: 'target_arch',
    said: 'target_arch',
    kind: 'text',
    answers: 'connection',
    description: '',
    example: 'x86_64',
  },
  {
    key: 'targetEnv',
    column: 'target_env',
    said: 'target_env',
    kind: 'text',
    answers: 'connection',
    description: '',
    example: 'gnu',
  },
  {
    key: 'sysinfo',
    column: 'sysinfo',
    said: 'sysinfo',
    kind: 'object',
    answers: 'connection',
    description: 'Hardware of the machine, as reported by the node.',
    example: { cpu: 'AMD EPYC 7443P', memory: 67334475776, core_count: 24 },
  },
] as const satisfies readonly SaidField[];

interface ValueOf {
  peerId: string;
  text: string;
  hash: string;
  flag: boolean;
  time: number;
  object: string;
}

/** What `system.connected` says of a node, by {@link SAID_FIELDS}; `null` where it has not said so. */
export type NodeIdentity = {
  [Field in (typeof SAID_FIELDS)[number] as Field['key']]: ValueOf[Field['kind']] | null;
};

/** Of a node that has said nothing of itself yet. */
export const UNKNOWN_IDENTITY = Object.fromEntries(
  SAID_FIELDS.map(({ key }) => [key, null]),
) as unknown as NodeIdentity;

/** The row of a node on a socket in `peer_connections`, as it stands. Times are milliseconds since the epoch. */
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

/** How a value lies in the database. `time`: a `timestamptz`. */
export type ConnectionColumnType =
  'bigint' | 'boolean' | 'integer' | 'jsonb' | 'smallint[]' | 'text' | 'time' | 'uuid';

export interface ConnectionColumn {
  key: keyof ConnectionSnapshot;
  column: string;
  type: ConnectionColumnType;
}

const TYPE_OF: Readonly<Record<SaidKind, ConnectionColumnType>> = {
  peerId: 'text',
  text: 'text',
  hash: 'text',
  flag: 'boolean',
  time: 'bigint',
  object: 'jsonb',
};

/** Every column of `peer_connections` that a snapshot fills; `collector` beside them is that of its batch. */
export const CONNECTION_COLUMNS: readonly ConnectionColumn[] = [
  { key: 'id', column: 'id', type: 'bigint' },
  { key: 'ipAddr', column: 'ip_addr', type: 'text' },
  { key: 'createdAt', column: 'created_at', type: 'time' },
  { key: 'audit', column: 'audit', type: 'boolean' },
  ...SAID_FIELDS.map(({ key, column, kind }) => ({ key, column, type: TYPE_OF[kind] })),
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
