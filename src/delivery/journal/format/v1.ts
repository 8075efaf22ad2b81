import {
  type CollectorIdentity,
  CONNECTION_COLUMNS,
  type ConnectionSnapshot,
  UNKNOWN_IDENTITY,
} from '../../../storage/index.js';
import type { Batch, RejectedMessage, RowBlock } from '../../../telemetry/index.js';
import { BatchFormatError, JournalFormatError } from '../journal.error.js';

/*
 * Format 1 of a journal. It does not change after version 0.3.0, since every later version must read it. Another format
 * gets its own file beside this one.
 *
 * `journal.json`: {"format": 1, "marker": "…", "columns": ["id", "ip_addr", …]}. `columns` names the columns of
 * `peer_connections` in its batches, so that a new column needs no new format. A server that does not know a column does
 * not change the journal.
 *
 * A batch, the payload of a record (see `records.ts`), numbers little endian:
 *
 *   0  length of the head   uint32
 *   4  head                 JSON: see BatchHead
 *      expiring             tuples of PostgreSQL's binary COPY format, with the columns created_at, received_at,
 *                           collector (int4), peer_connection_id (int8), type (int2), logs (jsonb)
 *      audit                the same
 *      rejected             the first bytes of each rejected message, concatenated
 */
export const FORMAT = 1;
const LENGTH_BYTES = 4;

/** Tuples of one table: how many, how many bytes, and the bounds of `created_at` in milliseconds since the epoch. */
interface BlockHead {
  rows: number;
  bytes: number;
  oldest: number;
  newest: number;
}

/** Times are milliseconds since the epoch. */
interface RejectedHead {
  received_at: number;
  connection: number | null;
  path: string;
  ip_addr: string;
  reason: string;
  /** Of the whole frame, in bytes. */
  size: number;
  /** Its bytes after the tuples. */
  head: number;
}

interface BatchHead {
  id: string;
  collector: { id: string; number: number };
  first_received_at: number;
  sealed_at: number;
  expiring: BlockHead;
  audit: BlockHead;
  /** Values in the order of the journal's columns: times as milliseconds since the epoch, jsonb as text. */
  connections: unknown[][];
  rejected: RejectedHead[];
}

const HEAD_FIELDS = 'id collector first_received_at sealed_at expiring audit connections rejected'.split(' ');
const COLLECTOR_FIELDS = ['id', 'number'];
const BLOCK_FIELDS = ['rows', 'bytes', 'oldest', 'newest'];
const REJECTED_FIELDS = ['received_at', 'connection', 'path', 'ip_addr', 'reason', 'size', 'head'];

/** The columns of the connections that this version writes. */
export const WRITTEN_COLUMNS: readonly string[] = CONNECTION_COLUMNS.map(({ column }) => column);

type Keys = readonly (keyof ConnectionSnapshot)[];

/**
 * The keys of columns in a snapshot.
 *
 * @throws JournalFormatError if one is not known
 */
export function keysOf(columns: readonly string[]): Keys {
  return columns.map((name) => {
    const known = CONNECTION_COLUMNS.find(({ column }) => column === name);
    if (known === undefined) throw new JournalFormatError(`Unknown column: ${name}.`);
    return known.key;
  });
}

const WRITTEN_KEYS = keysOf(WRITTEN_COLUMNS);

/**
 * Encodes a batch as buffers, to be written in this order. The tuples are not copied.
 *
 * @param keys of the columns of the journal; by default those of a new one
 */
export function encodeBatch(batch: Batch, keys: Keys = WRITTEN_KEYS): Buffer[] {
  const head: BatchHead = {
    id: batch.id,
    collector: { id: batch.collector.id, number: batch.collector.number },
    first_received_at: batch.firstReceivedAt,
    sealed_at: batch.sealedAt,
    expiring: blockHead(batch.expiring),
    audit: blockHead(batch.audit),
    // A connection without messages has infinite bounds, which become null.
    connections: batch.connections.map((connection) => keys.map((key) => connection[key])),
    rejected: batch.rejected.map(rejectedHead),
  };
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32LE(json.length);
  const heads = batch.rejected.map((message) => message.head);
  return [length, json, batch.expiring.tuples, batch.audit.tuples, ...heads];
}

/** Reads batches of a journal of this format. */
export class DecoderV1 {
  private readonly keys: Keys;

  /**
   * @param columns of the journal
   * @throws JournalFormatError if one is not known
   */
  constructor(columns: readonly string[]) {
    this.keys = keysOf(columns);
  }

  /**
   * The batch that {@link encodeBatch} was given. Its buffers share the memory of `bytes`.
   *
   * @throws BatchFormatError if the bytes are not a batch
   * @throws JournalFormatError if it has an unknown field
   */
  decode(bytes: Buffer): Batch {
    if (bytes.length < LENGTH_BYTES) throw new BatchFormatError('The batch is too short.');
    let end = LENGTH_BYTES + bytes.readUInt32LE(0);
    const head = parseHead(bytes.subarray(LENGTH_BYTES, end));
    const take = (size: number): Buffer => {
      end += size;
      return bytes.subarray(end - size, end);
    };
    const batch: Batch = {
      id: head.id,
      collector: collectorOf(head),
      firstReceivedAt: head.first_received_at,
      sealedAt: head.sealed_at,
      expiring: blockOf(head.expiring, take(head.expiring.bytes)),
      audit: blockOf(head.audit, take(head.audit.bytes)),
      connections: head.connections.map((values) => this.connection(values)),
      rejected: head.rejected.map((message) => rejectedOf(message, take(message.head))),
    };
    if (end !== bytes.length) {
      throw new BatchFormatError(`The batch has ${bytes.length} bytes instead of ${end}.`);
    }
    return batch;
  }

  private connection(values: unknown): ConnectionSnapshot {
    if (!Array.isArray(values) || values.length !== this.keys.length) {
      throw new BatchFormatError('A connection in a batch does not have the columns of its journal.');
    }
    const fields: Partial<Record<keyof ConnectionSnapshot, unknown>> = Object.fromEntries(
      this.keys.map((key, at) => [key, values[at]]),
    );
    fields.oldestCreatedAt ??= Infinity;
    fields.newestCreatedAt ??= -Infinity;
    fields.rttUs ??= null;
    return { ...UNKNOWN_IDENTITY, ...fields } as unknown as ConnectionSnapshot;
  }
}

/** The number of messages in a batch, including rejected ones, by its head; undefined if that is not complete. */
export function messagesIn(bytes: Buffer): number | undefined {
  if (bytes.length < LENGTH_BYTES) return undefined;
  const end = LENGTH_BYTES + bytes.readUInt32LE(0);
  if (end > bytes.length) return undefined;
  try {
    const { expiring, audit, rejected } = parseHead(bytes.subarray(LENGTH_BYTES, end));
    const messages = expiring.rows + audit.rows + rejected.length;
    return Number.isSafeInteger(messages) && messages >= 0 ? messages : undefined;
  } catch {
    return undefined;
  }
}

function parseHead(json: Buffer): BatchHead {
  let head: unknown;
  try {
    head = JSON.parse(json.toString());
  } catch (cause) {
    throw new BatchFormatError("The batch's head is not JSON.", { cause });
  }
  check(head, HEAD_FIELDS, 'the head');
  const { collector, expiring, audit, connections, rejected } = head as BatchHead;
  check(collector, COLLECTOR_FIELDS, 'the collector');
  for (const block of [expiring, audit]) check(block, BLOCK_FIELDS, 'a block');
  if (!Array.isArray(connections) || !Array.isArray(rejected)) {
    throw new BatchFormatError('The batch has no list of connections, or none of rejected messages.');
  }
  for (const message of rejected) check(message, REJECTED_FIELDS, 'a rejected message');
  return head as BatchHead;
}

/**
 * Checks that an object has all fields, and no other.
 *
 * @throws BatchFormatError, JournalFormatError
 */
function check(value: unknown, fields: readonly string[], what: string): void {
  if (typeof value !== 'object' || value === null)
    throw new BatchFormatError(`In a batch, ${what} is not an object.`);
  const missing = fields.find((field) => !(field in value));
  if (missing !== undefined) throw new BatchFormatError(`In a batch, ${what} has no ${missing}.`);
  const unknown = Object.keys(value).find((field) => !fields.includes(field));
  if (unknown !== undefined) {
    throw new JournalFormatError(`In a batch, ${what} has an unknown field: ${unknown}.`);
  }
}

function collectorOf({ collector: { id, number } }: BatchHead): CollectorIdentity {
  return { id, number };
}

function blockHead({ rows, tuples, oldest, newest }: RowBlock): BlockHead {
  return { rows, bytes: tuples.length, oldest, newest };
}

function blockOf({ rows, oldest, newest }: BlockHead, tuples: Buffer): RowBlock {
  return { rows, tuples, oldest, newest };
}

function rejectedHead(message: RejectedMessage): RejectedHead {
  return {
    received_at: message.receivedAt,
    connection: message.connectionId,
    path: message.path,
    ip_addr: message.ipAddr,
    reason: message.reason,
    size: message.size,
    head: message.head.length,
  };
}

function rejectedOf(head: RejectedHead, bytes: Buffer): RejectedMessage {
  return {
    receivedAt: head.received_at,
    connectionId: head.connection,
    path: head.path,
    ipAddr: head.ip_addr,
    reason: head.reason,
    size: head.size,
    head: bytes,
  };
}
