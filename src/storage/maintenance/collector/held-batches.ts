import { Injectable } from '@nestjs/common';
import { NOTHING_KNOWN } from '../../schema/index.js';

/** From which id on this process may still store its batches. What delivers them says so. */
@Injectable()
export class HeldBatches {
  private source: () => string = () => NOTHING_KNOWN;

  watch(source: () => string): void {
    this.source = source;
  }

  /** The value for `collectors.holds_from`. */
  get from(): string {
    return this.source();
  }
}
