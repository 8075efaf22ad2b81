import { v7 as uuidv7 } from 'uuid';
import { knownNodeOf, StoredMessage } from '../delivery/index.js';
import {
  type CollectorIdentity,
  connectionId as idOf,
  type ConnectionSnapshot,
  MESSAGE_TYPES,
  messageTuple,
  NO_TYPE,
  OTHER_TYPE,
  readTuple,
  typeNumber,
  UNKNOWN_IDENTITY,
} from '../storage/index.js';
import type { Batch, RejectedMessage, RowBlock } from '../telemetry/index.js';

/** The server process of batches that are not given one. */
export const TEST_COLLECTOR: CollectorIdentity = {
  id: '01977f6e-4c00-7000-8000-00000000c011',
  number: 1_000,
};

const ALL_TYPES = [NO_TYPE, OTHER_TYPE, ...MESSAGE_TYPES.map(([, number]) => number)];

let connections = 0;

/** The id of a connection that no other row of this process has. */
export function newConnectionId(collector = TEST_COLLECTOR.number): number {
  connections += 1;
  return idOf(collector, connections);
}

/** A row of a batch: its tuple of COPY, and its time. */
export interface TestRow {
  tuple: Buffer;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface RowOptions {
  /** Both times of the message: milliseconds since the epoch. Now by default. */
  at?: number;
  /** That of a {@link snapshot}. By default one of its own. */
  connectionId?: number;
  /** The type; null: the message has none. */
  msg?: string | null;
  /** The other fields of the message. */
  payload?: Readonly<Record<string, unknown>>;
  /** The text instead, JSON or not. */
  logs?: string | Buffer;
}

/** A stored message, as a row of a {@link batch}. */
export function row({
  at = Date.now(),
  connectionId = newConnectionId(),
  msg = 'test.row',
  payload = {},
  logs = JSON.stringify({ msg, ...payload }),
}: RowOptions = {}): TestRow {
  const head = { createdAt: at * 1000, receivedAt: at * 1000, connectionId, type: typeNumber(msg) };
  return { at, tuple: messageTuple(head, Buffer.from(logs)) };
}

export interface StoredMessageOptions extends RowOptions {
  /** What the node reported; null: the process does not know the node. */
  node?: Partial<ConnectionSnapshot> | null;
  /** Whether it was sent to `/audit`. */
  audit?: boolean;
  batchId?: string;
}

/** A message as an after-store hook gets it. */
export function storedMessage({
  node = {},
  audit = false,
  batchId = uuidv7(),
  ...message
}: StoredMessageOptions = {}): StoredMessage {
  const known =
    node === null ? undefined : knownNodeOf(snapshot({ audit, path: audit ? '/audit' : '/', ...node }));
  return new StoredMessage(readTuple(row(message).tuple), batchId, audit, known);
}

/** A batch as a sink gets it. Without `collector` it is of {@link TEST_COLLECTOR}. */
export function batch({
  id = uuidv7(),
  collector = TEST_COLLECTOR,
  expiring = [],
  audit = [],
  connections = [],
  rejected = [],
}: {
  id?: string;
  collector?: CollectorIdentity;
  expiring?: readonly TestRow[];
  audit?: readonly TestRow[];
  connections?: readonly ConnectionSnapshot[];
  rejected?: readonly RejectedMessage[];
}): Batch {
  const now = Date.now();
  return {
    id,
    collector,
    firstReceivedAt: now,
    sealedAt: now,
    expiring: block(expiring),
    audit: block(audit),
    connections,
    rejected,
  };
}

function block(rows: readonly TestRow[]): RowBlock {
  const times = rows.map(({ at }) => at);
  return {
    rows: rows.length,
    tuples: Buffer.concat(rows.map(({ tuple }) => tuple)),
    oldest: rows.length === 0 ? 0 : Math.min(...times),
    newest: rows.length === 0 ? 0 : Math.max(...times),
  };
}

/** The connection of a node after its first message, except for the given fields. */
export function snapshot(given: Partial<ConnectionSnapshot> = {}): ConnectionSnapshot {
  const now = Date.now();
  return {
    id: newConnectionId(),
    revision: 1,
    // Any type: tests do not say which ones its rows have.
    types: ALL_TYPES,
    rttUs: null,
    socketId: uuidv7(),
    envelopeId: null,
    ipAddr: '127.0.0.1',
    path: '/',
    audit: false,
    createdAt: now,
    firstMessageAt: now,
    lastMessageAt: now,
    oldestCreatedAt: now,
    newestCreatedAt: now,
    endedAt: null,
    endReason: null,
    endCode: null,
    ...UNKNOWN_IDENTITY,
    ...given,
  };
}
