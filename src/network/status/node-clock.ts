/** An offset above this is wrong if it lasts for an hour: microseconds. */
const WRONG_US = 500_000;
/** Periods of an hour. */
const PERIODS = 6;
/** Fewer messages of a period do not show the offset: each may be late. */
const MIN_MESSAGES = 10;

/**
 * Whether a node's clock was wrong in an hour of which the offset is known.
 *
 * @param offset of the clock in that hour, in microseconds
 * @param slotUs the time between two blocks, in microseconds; undefined if it is not known
 */
export function wasClockWrong(offset: number, slotUs: number | undefined): boolean {
  return Math.abs(offset) > Math.min(WRONG_US, (slotUs ?? Infinity) / 3);
}

/**
 * Whether a node's clock is wrong by what this process measured: by more than half a second for an hour, or by more than a third of a slot.
 *
 * @param offsets of the clock, in microseconds, one for each ten minutes of the last hour without a gap, oldest first.
 * They may be fewer
 * @param slotUs the time between two blocks, in microseconds; undefined if it is not known
 * @param wasWrong the result before, which stays until the offsets show something else
 */
export function isClockWrong(
  offsets: readonly number[],
  slotUs: number | undefined,
  wasWrong: boolean,
): boolean {
  const newest = offsets.at(-1);
  if (newest === undefined) return wasWrong;
  if (slotUs !== undefined && Math.abs(newest) > slotUs / 3) return true;
  const isOff = (offset: number): boolean => Math.abs(offset) > WRONG_US;
  if (!isOff(newest)) return false;
  return wasWrong || (offsets.length >= PERIODS && offsets.slice(-PERIODS).every(isOff));
}

/** The offset of a node's clock: the smallest difference between arrival and the node's own time, for each period. */
export class NodeClock {
  private offsets: number[] = [];
  private period = -Infinity;
  private least = Infinity;
  private messages = 0;
  private lastAt = -Infinity;

  constructor(private readonly periodUs: number) {}

  /**
   * A message. Times are microseconds.
   *
   * @param rttUs round-trip time to the node; null if it is not known
   */
  add(receivedAt: number, createdAt: number, rttUs: number | null): void {
    this.passTo(receivedAt);
    // Some are read twice.
    if (receivedAt > this.lastAt) this.messages += 1;
    this.lastAt = Math.max(this.lastAt, receivedAt);
    this.least = Math.min(this.least, receivedAt - createdAt - (rttUs ?? 0) / 2);
  }

  /** The offsets of the last full periods, without a gap: see {@link isClockWrong}. */
  offsetsAt(now: number): readonly number[] {
    this.passTo(now);
    return this.offsets;
  }

  private passTo(time: number): void {
    const period = Math.floor(time / this.periodUs);
    if (period <= this.period) return;
    const isFull = this.messages >= MIN_MESSAGES && period === this.period + 1;
    this.offsets = isFull ? [...this.offsets, this.least].slice(-PERIODS) : [];
    this.period = period;
    this.least = Infinity;
    this.messages = 0;
  }
}
