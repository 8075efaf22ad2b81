import type { Batch } from '../../telemetry/index.js';
import type { JournalEntry } from '../journal/index.js';

/** The number of messages of a batch, by table. */
export interface BatchRows {
  expiring: number;
  audit: number;
}

/** A batch that is not stored yet: in memory, on disk, or both. */
export interface QueuedBatch {
  /** Bytes in memory; 0 if it is on disk only. */
  readonly memory: number;
  /** Undefined if it is on disk only. */
  readonly batch: Batch | undefined;
  readonly rows: BatchRows;
  /** Whether another process received it. Its messages are not counted by this one. */
  readonly replayed: boolean;
  /** Whether it survives the end of this process. */
  readonly durable: boolean;

  /**
   * Returns the batch, from memory or from disk.
   *
   * @throws JournalDamageError if it is lost
   */
  load(): Promise<Batch>;

  /** To be called once: the batch is stored or lost, and need not be held any longer. */
  acknowledge(): void;
}

export function rowsOf(batch: Batch): BatchRows {
  return { expiring: batch.expiring.rows, audit: batch.audit.rows };
}

/** The size of a batch in memory, and approximately on disk: bytes. */
export function sizeOf(batch: Batch): number {
  const rejected = batch.rejected.reduce((sum, message) => sum + message.head.length + 200, 0);
  const connections = batch.connections.reduce((sum, connection) => sum + 600 + textLengthOf(connection), 0);
  return batch.expiring.tuples.length + batch.audit.tuples.length + rejected + connections + 500;
}

/** The characters of all strings of an object: what a node reports of itself may be as long as a message. */
export function textLengthOf(values: object): number {
  let length = 0;
  for (const value of Object.values(values)) if (typeof value === 'string') length += value.length;
  return length;
}

export interface BatchHolder {
  read(entry: JournalEntry): Promise<Batch>;
  /** Whether the entry is in the journal, so that a later process finds it. */
  holds(entry: JournalEntry): boolean;
  acknowledged(batch: OwnBatch): void;
}

/**
 * A batch that this process received. It has fields rather than closures, because hundreds of thousands are queued
 * during a day without a database.
 */
export class OwnBatch implements QueuedBatch {
  readonly replayed = false;

  constructor(
    private readonly holder: BatchHolder,
    readonly batch: Batch | undefined,
    readonly rows: BatchRows,
    readonly memory: number,
    /** Undefined if it is not in the journal. */
    public entry: JournalEntry | undefined,
  ) {}

  get durable(): boolean {
    return this.entry !== undefined && this.holder.holds(this.entry);
  }

  load(): Promise<Batch> {
    if (this.batch !== undefined) return Promise.resolve(this.batch);
    if (this.entry === undefined) throw new Error('The batch is neither in memory nor on disk.');
    return this.holder.read(this.entry);
  }

  acknowledge(): void {
    this.holder.acknowledged(this);
  }
}
