import { parseRow, type MessageRow } from '../../telemetry/index.js';
import type { KnownNode } from './known-nodes.js';

/** A message as it is stored. It is taken apart when it is first looked at. */
export class StoredMessage {
  private row: MessageRow | undefined;
  private parsed: unknown;

  constructor(
    private readonly line: Buffer,
    /** The batch that it came in, a UUIDv7. After a crash a batch may come a second time, under the same id. */
    readonly batchId: string,
    /** Whether it was sent to `/audit`. */
    readonly audit: boolean,
    /** Its type, such as `block.import`; `null` where it has none. */
    readonly msg: string | null,
    /** The row of the node in `peer_connections`, a UUID. */
    readonly connectionId: string,
    /** What the node said of itself, where this process has heard it. */
    readonly node: KnownNode | undefined,
  ) {}

  /** The node's clock: RFC 3339 with as many digits as it sent. */
  get createdAt(): string {
    return this.columns.createdAt;
  }

  /** Our clock: RFC 3339. */
  get receivedAt(): string {
    return this.columns.receivedAt;
  }

  /** The whole message in flat form: JSON, with every digit of its numbers. */
  get logs(): string {
    return this.columns.logs;
  }

  /** The same, parsed. Numbers beyond 2^53 lose digits here. */
  get payload(): Readonly<Record<string, unknown>> {
    this.parsed ??= JSON.parse(this.logs);
    return this.parsed as Record<string, unknown>;
  }

  private get columns(): MessageRow {
    return (this.row ??= parseRow(this.line));
  }
}
