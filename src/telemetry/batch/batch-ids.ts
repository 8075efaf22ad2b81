import { randomInt } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

/** Of the counter within a millisecond, which has 32 bits. It begins in the lower half, so that it does not overflow. */
const SEQUENCE_START = 2 ** 31;

/**
 * Ids of batches: UUIDv7, by the clock that it is given, each above the one before also when that clock is set back.
 */
export class BatchIds {
  private msecs = -Infinity;
  private seq = 0;

  /** @param now whole milliseconds since the epoch */
  next(now: number): string {
    if (now > this.msecs) {
      this.msecs = now;
      this.seq = randomInt(SEQUENCE_START);
    } else {
      this.seq += 1;
      if (this.seq === 2 ** 32) {
        this.msecs += 1;
        this.seq = 0;
      }
    }
    return uuidv7({ msecs: this.msecs, seq: this.seq });
  }
}
