import { v7 as uuidv7 } from 'uuid';
import type { Batch, ConnectionSnapshot, RejectedMessage, RowBlock } from '../../src/telemetry/index.js';
import { UNKNOWN_IDENTITY } from '../../src/telemetry/connection/unknown-identity.js';
import { formatRow } from '../../src/telemetry/message/message-row.js';

/** A row of a test: its line in COPY's text format, and when it is dated. */
export interface TestRow {
  line: string | Buffer;
  /** Milliseconds since the epoch. */
  at: number;
}

export function row({
  at = Date.now(),
  connectionId = uuidv7(),
  msg = 'test.row',
  logs = '{}',
}: { at?: number; connectionId?: string; msg?: string | null; logs?: string } = {}): TestRow {
  const time = new Date(at).toISOString();
  const text = formatRow(time, time, connectionId, msg, logs);
  return { at, line: `${text.head}${text.logs}\n` };
}

/** Rows with `logs` of `{"n": 0}`, `{"n": 1}` and so on. */
export function numberedRows(count: number, filler = ''): TestRow[] {
  return Array.from({ length: count }, (_, n) => row({ logs: JSON.stringify({ n, filler }) }));
}

export function batch({
  id = uuidv7(),
  expiring = [],
  audit = [],
  connections = [],
  rejected = [],
}: {
  id?: string;
  expiring?: readonly TestRow[];
  audit?: readonly TestRow[];
  connections?: readonly ConnectionSnapshot[];
  rejected?: readonly RejectedMessage[];
}): Batch {
  const now = Date.now();
  return {
    id,
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
    text: Buffer.concat(rows.map(({ line }) => Buffer.from(line))),
    oldest: rows.length === 0 ? 0 : Math.min(...times),
    newest: rows.length === 0 ? 0 : Math.max(...times),
  };
}

/** A connection as it is after its first message, but for what is given. */
export function snapshot(given: Partial<ConnectionSnapshot> = {}): ConnectionSnapshot {
  const now = Date.now();
  return {
    id: uuidv7(),
    revision: 1,
    collectorId: uuidv7(),
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
    id: uuidv7({ msecs: at }),
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
