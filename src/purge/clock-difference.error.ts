/** The clock of this machine and the database's differ too much to delete anything by either. Nothing was removed. */
export class ClockDifferenceError extends Error {
  override readonly name = 'ClockDifferenceError';

  /** @param aheadMs by which the clock of this machine is ahead */
  constructor(readonly aheadMs: number) {
    const way = aheadMs > 0 ? 'ahead of' : 'behind';
    super(
      `The clock of this machine is ${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${way} the database's: ` +
        'nothing is purged until both agree within a minute.',
    );
  }
}
