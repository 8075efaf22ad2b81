import { v7 as uuidv7 } from 'uuid';
import {
  type CollectorIdentity,
  connectionId as idOf,
  type ConnectionSnapshot,
  MESSAGE_TYPES,
  messageTuple,
  NO_TYPE,
  OTHER_TYPE,
  typeNumber,
  UNKNOWN_IDENTITY,
} from '../../src/storage/index.js';
import type { Batch, RejectedMessage, RowBlock } from '../../src/telemetry/index.js';

/** The collector of batches that are not given one. The sink takes it down in the database with the first of them. */
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

/** A row of a test: its tuple of COPY, and when it is dated. */
export interface TestRow {
  tuple: Buffer;
  /** Milliseconds since the epoch. */
  at: number;
}

/** @param logs whatever they are, JSON or not; as `msg` says is their type */
export function row({
  at = Date.now(),
  connectionId = newConnectionId(),
  msg = 'test.row',
  logs = JSON.stringify({ msg }),
}: { at?: number; connectionId?: number; msg?: string | null; logs?: string | Buffer } = {}): TestRow {
  const head = { createdAt: at * 1000, receivedAt: at * 1000, connectionId, type: typeNumber(msg) };
  return { at, tuple: messageTuple(head, Buffer.from(logs)) };
}

/** Rows with `logs` of `{"n": 0}`, `{"n": 1}` and so on. */
export function numberedRows(count: number, filler = ''): TestRow[] {
  return Array.from({ length: count }, (_, n) => row({ logs: JSON.stringify({ n, filler }) }));
}

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

/** A connection as it is after its first message, but for what is given. */
export function snapshot(given: Partial<ConnectionSnapshot> = {}): ConnectionSnapshot {
  const now = Date.now();
  return {
    id: newConnectionId(),
    revision: 1,
    // Any: which of them its rows have, a test does not say.
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

/** One that spoke at one moment, and ended then, but for what is given. */
export function endedSnapshot(at: number, given: Partial<ConnectionSnapshot> = {}): ConnectionSnapshot {
  return snapshot({
    createdAt: at,
    firstMessageAt: at,
    lastMessageAt: at,
    oldestCreatedAt: at,
    newestCreatedAt: at,
    endedAt: at,
    endReason: 'closed',
    ...given,
  });
}
