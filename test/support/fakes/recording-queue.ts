import { type Batch, BatchQueue, type RowBlock } from '../../../src/telemetry/index.js';

/** Remembers what it is given. */
export class RecordingQueue extends BatchQueue {
  readonly batches: Batch[] = [];
  readonly parts: Batch[] = [];
  full = false;
  keepsParts = false;
  /** Whether it refuses parts, though it takes note of them. */
  refusesParts = false;
  private readonly losePartsListeners: (() => void)[] = [];

  override push(batch: Batch): void {
    this.batches.push(batch);
  }

  override keep(part: Batch): boolean {
    const { expiring, audit } = part;
    const copy = (block: RowBlock): RowBlock => ({ ...block, tuples: Buffer.from(block.tuples) });
    this.parts.push({ ...part, expiring: copy(expiring), audit: copy(audit) });
    return !this.refusesParts;
  }

  override onFullChange(): void {
    // It never changes.
  }

  override onPartsLost(listener: () => void): void {
    this.losePartsListeners.push(listener);
  }

  /** As if the directory that they were in was removed. */
  loseParts(): void {
    for (const listener of this.losePartsListeners) listener();
  }
}
