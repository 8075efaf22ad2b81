import { type MessageRow, msgOf, timeOf } from '../../storage/index.js';
import type { KnownNode } from './known-nodes.js';

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
