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
import type { Batch, RejectedMessage } from '../../telemetry/index.js';
import type { KnownNode, KnownNodes } from './known-nodes.js';

/** A message as it is stored. It is taken apart when it is first looked at. */
export class StoredMessage {
  private name: string | null | undefined;
  private text: string | undefined;
  private parsed: unknown;

  constructor(
    private readonly row: MessageRow,
    /** The batch that it came in, a UUIDv7. After a crash a batch may come a second time, under the same id. */
    readonly batchId: string,
    /** Whether it was sent to `/audit`. */
    readonly audit: boolean,
    /** What the node said of itself, where this process has heard it. */
    readonly node: KnownNode | undefined,
  ) {}

  /** The row of the node in `peer_connections`. */
  get connectionId(): number {
    return this.row.connectionId;
  }

  /** Its type, such as `block.import`; `null` where it has none. */
  get msg(): string | null {
    if (this.name === undefined) this.name = msgOf(this.row);
    return this.name;
  }

  /** The node's clock, or ours where that is too far off: RFC 3339 in UTC with microseconds. */
  get createdAt(): string {
    return timeOf(this.row.createdAt);
  }

  /** Our clock: RFC 3339 in UTC with microseconds. */
  get receivedAt(): string {
    return timeOf(this.row.receivedAt);
  }

  /** The whole message in flat form: JSON, with every digit of its numbers. */
  get logs(): string {
    return (this.text ??= this.row.logs.toString());
  }

  /** The same, parsed. Numbers beyond 2^53 lose digits here. */
  get payload(): Readonly<Record<string, unknown>> {
    this.parsed ??= JSON.parse(this.logs);
    return this.parsed as Record<string, unknown>;
  }
}

/** A batch that is stored, but for what the database rejected. */
export interface StoredBatch {
  batch: Batch;
  rejected: readonly RejectedMessage[];
  /** The number of its collector by which nodes are known here, where it is stored by another one. */
  expectedBy?: number;
}

/** The messages of a batch that are stored, and of the types that are wanted. */
export function storedMessages(
  { batch, rejected, expectedBy = batch.collector.number }: StoredBatch,
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
        nodes.get(renumbered(row.connectionId, expectedBy)),
      );
      // Types without a number of their own share one.
      if (row.type === OTHER_TYPE && types !== undefined && !types.has(message.msg ?? '')) continue;
      if (!isRejected(row, audit, rejected)) messages.push(message);
    }
  }
  return messages;
}

/** The database says of what it rejected whose it was, how long, and how it began. */
function isRejected(
  { connectionId, logs }: MessageRow,
  audit: boolean,
  rejected: readonly RejectedMessage[],
): boolean {
  return rejected.some(
    (message) =>
      message.connectionId === connectionId &&
      (message.path === '/audit') === audit &&
      message.size === logs.length &&
      message.head.equals(logs.subarray(0, message.head.length)),
  );
}
