import { Injectable } from '@nestjs/common';
import { NOTHING_KNOWN } from '../../schema/index.js';

export interface HeldBatchesSource {
  /** The lowest id of a batch that this process may still store. */
  from: () => string;
  /** How many batches are queued. */
  count: () => number;
}

/** The batches that this process holds and has not stored. The delivery queue is their source. */
@Injectable()
export class HeldBatches {
  private source: HeldBatchesSource = { from: () => NOTHING_KNOWN, count: () => 0 };

  watch(source: HeldBatchesSource): void {
    this.source = source;
  }

  /** The value for `collectors.holds_from`. */
  get from(): string {
    return this.source.from();
  }

  get count(): number {
    return this.source.count();
  }
}
