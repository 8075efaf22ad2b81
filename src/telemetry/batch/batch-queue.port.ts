import type { Batch } from './batch.js';

/** Where batches wait until they are stored. */
export abstract class BatchQueue {
  /** Takes a batch, whole and at once, also when it is full: what was read is not thrown away. */
  abstract push(batch: Batch): void;

  /** A kill of the process shall not cost what has come of the batch that is open: {@link keep} is called. */
  abstract get keepsParts(): boolean;

  /**
   * Keeps what came since the part before, to be called at the end of each turn of the event loop in which
   * something came. The parts of a batch have its id, and are not needed any more once it is pushed.
   *
   * @param part shares its memory with the batch that is open: to be done with on return
   * @returns whether it is kept; where not, it comes again with what follows
   */
  abstract keep(part: Batch): boolean;

  /** Calls back when parts that were kept are lost: all of the open batch is to be kept again. */
  abstract onPartsLost(listener: () => void): void;

  /** There is no room for more: nobody should be read from until there is. */
  abstract get full(): boolean;

  /** Calls back each time that {@link full} has changed. */
  abstract onFullChange(listener: (full: boolean) => void): void;
}
