import {
  type MessageRow,
  msgOf,
  OTHER_TYPE,
  readTuple,
  renumbered,
  splitTuples,
  timeOf,
  typesOf,
} from '../../storage/index.js';
import { type Batch, ENDPOINTS, type RejectedMessage } from '../../telemetry/index.js';
import type { KnownNode, KnownNodes } from './known-nodes.js';

/** A stored message. Its fields are parsed when they are first read. */
export class StoredMessage {
  private name: string | null | undefined;
  private text: string | undefined;
  private parsed: unknown;

  constructor(
    private readonly row: MessageRow,
    /** The id of its batch, a UUIDv7. After a crash a batch may be passed again, with the same id. */
    readonly batchId: string,
    /** Whether it was sent to `/audit`. */
    readonly audit: boolean,
    /** What the node reported of itself, if this process received it. */
    readonly node: KnownNode | undefined,
  ) {}

  /** The id of a row in `peer_connections`. */
  get connectionId(): number {
    return this.row.connectionId;
  }

  /** Its type, such as `block.import`; `null` if it has none. */
  get msg(): string | null {
    if (this.name === undefined) this.name = msgOf(this.row);
    return this.name;
  }

  /** By the node's clock, or by the server's if that differs too much: RFC 3339 in UTC with microseconds. */
  get createdAt(): string {
    return timeOf(this.row.createdAt);
  }

  /** By the server's clock: RFC 3339 in UTC with microseconds. */
  get receivedAt(): string {
    return timeOf(this.row.receivedAt);
  }

  /** The complete message in flat form: JSON, with all digits of its numbers. */
  get logs(): string {
    return (this.text ??= this.row.logs.toString());
  }

  /** The same, parsed. Numbers beyond 2^53 lose digits. */
  get payload(): Readonly<Record<string, unknown>> {
    this.parsed ??= JSON.parse(this.logs);
    return this.parsed as Record<string, unknown>;
  }
}

/** A stored batch, and its messages that the database rejected. */
export interface StoredBatch {
  batch: Batch;
  rejected: readonly RejectedMessage[];
  /** The collector number in the ids of KnownNodes, if the batch was renumbered. */
  receivedAs?: number;
}

/** The stored messages of a batch, of all or of some types. */
export function storedMessages(
  { batch, rejected, receivedAs = batch.collector.number }: StoredBatch,
  nodes: KnownNodes,
  types?: ReadonlySet<string>,
): StoredMessage[] {
  const messages: StoredMessage[] = [];
  const numbers = types === undefined ? undefined : new Set(typesOf(types).numbers);
  for (const [audit, block] of [
    [false, batch.expiring],
    [true, batch.audit],
  ] as const) {
    for (const tuple of splitTuples(block.tuples)) {
      const row = readTuple(tuple);
      if (numbers?.has(row.type) === false) continue;
      const message = new StoredMessage(
        row,
        batch.id,
        audit,
        nodes.get(renumbered(row.connectionId, receivedAs)),
      );
      // Types without a number share OTHER_TYPE.
      if (row.type === OTHER_TYPE && types !== undefined && !types.has(message.msg ?? '')) continue;
      if (!isRejected(row, audit, rejected)) messages.push(message);
    }
  }
  return messages;
}

/** Rejected messages are identified by connection, size and first bytes. */
function isRejected(
  { connectionId, logs }: MessageRow,
  audit: boolean,
  rejected: readonly RejectedMessage[],
): boolean {
  return rejected.some(
    (message) =>
      message.connectionId === connectionId &&
      (message.path === ENDPOINTS.audit.path) === audit &&
      message.size === logs.length &&
      message.head.equals(logs.subarray(0, message.head.length)),
  );
}
