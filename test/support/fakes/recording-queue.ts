import { type Batch, BatchQueue, type RowBlock } from '../../../src/telemetry/index.js';

/** Records the batches and parts that it gets. */
export class RecordingQueue extends BatchQueue {
  readonly batches: Batch[] = [];
  readonly parts: Batch[] = [];
  full = false;
  journalsParts = false;
  readonly journalProblem = undefined;
  /** Whether it rejects parts, which are recorded all the same. */
  refusesParts = false;
  private readonly losePartsListeners: (() => void)[] = [];

  override push(batch: Batch): void {
    this.batches.push(batch);
  }

  override journalPart(part: Batch): boolean {
    const { expiring, audit } = part;
    const copy = (block: RowBlock): RowBlock => ({ ...block, tuples: Buffer.from(block.tuples) });
    this.parts.push({ ...part, expiring: copy(expiring), audit: copy(audit) });
    return !this.refusesParts;
  }

  override onFullChange(): void {
    // This queue is never full.
  }

  override onPartsLost(listener: () => void): void {
    this.losePartsListeners.push(listener);
  }

  /** As after the removal of the journal's directory. */
  loseParts(): void {
    for (const listener of this.losePartsListeners) listener();
  }
}
