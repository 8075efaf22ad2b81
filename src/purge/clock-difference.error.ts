import type { ClockOffset } from '../storage/index.js';

/** The clock of this machine and the database's differ too much to delete anything by either. Nothing was removed. */
export class ClockDifferenceError extends Error {
  override readonly name = 'ClockDifferenceError';

  /** @param offset of the clock of this machine */
  constructor(readonly offset: ClockOffset) {
    const { offsetMs } = offset;
    const way = offsetMs > 0 ? 'ahead of' : 'behind';
    super(
      `The system clock is ${(Math.abs(offsetMs) / 1000).toFixed(1)} s ${way} the database clock: ` +
        'nothing is purged until they agree within a minute.',
    );
  }
}
