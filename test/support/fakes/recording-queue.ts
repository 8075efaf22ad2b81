import { type Batch, BatchQueue } from '../../../src/telemetry/index.js';

/** Keeps what is pushed. */
export class RecordingQueue extends BatchQueue {
  readonly batches: Batch[] = [];
  full = false;

  override push(batch: Batch): void {
    this.batches.push(batch);
  }

  override onFullChange(): void {
    // It never changes.
  }
}
