import { type Batch, BatchQueue, type RowBlock } from '../../../src/telemetry/index.js';

/** Remembers what it is given. */
export class RecordingQueue extends BatchQueue {
  readonly batches: Batch[] = [];
  readonly parts: Batch[] = [];
  full = false;
  keepsParts = false;
  /** Whether it refuses parts, though it takes note of them. */
  refusesParts = false;

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
}
