import type { Batch } from './batch.js';

/** Where batches wait until they are stored. */
export abstract class BatchQueue {
  /** Takes a batch, whole and at once, also when it is full: what was read is not thrown away. */
  abstract push(batch: Batch): void;

  /** There is no room for more: nobody should be read from until there is. */
  abstract get full(): boolean;

  /** Calls back each time that {@link full} has changed. */
  abstract onFullChange(listener: (full: boolean) => void): void;
}
