import type { Batch } from '../../telemetry/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { BatchRows, QueuedBatch } from './queued-batch.js';

/** Who holds batches, and learns when one need not be held any longer. */
export interface BatchHolder {
  read(entry: JournalEntry): Promise<Batch>;
  /** Whether the journal has it, where the next process finds it. */
  holds(entry: JournalEntry): boolean;
  settled(batch: OwnBatch): void;
}

/**
 * A batch that this process took in. It has fields and no closures, since a day without a database puts hundreds
 * of thousands in line.
 */
export class OwnBatch implements QueuedBatch {
  readonly replayed = false;

  constructor(
    private readonly holder: BatchHolder,
    readonly batch: Batch | undefined,
    readonly rows: BatchRows,
    readonly memory: number,
    /** Where it lies in the journal. */
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

  settle(): void {
    this.holder.settled(this);
  }
}
