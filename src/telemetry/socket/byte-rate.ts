export interface ByteLimit {
  bytesPerS: number;
  /** Seconds over which it is averaged. */
  windowS: number;
}

/** Whether more bytes come than may, on average over some seconds. To be looked at once a second. */
export class ByteRate {
  /** What was counted in the last looks, as many as the window has seconds; the oldest is overwritten next. */
  private readonly counts: Float64Array;
  private readonly times: Float64Array;
  private at = 0;

  /**
   * @param bytes counted so far
   * @param now milliseconds of a clock that does not jump
   */
  constructor(
    private readonly limit: ByteLimit,
    bytes: number,
    now: number,
  ) {
    this.counts = new Float64Array(limit.windowS).fill(bytes);
    this.times = new Float64Array(limit.windowS).fill(now);
  }

  /** The time that passed counts, also where it was longer than the window: what had to wait for us is not too much. */
  exceeds(bytes: number, now: number): boolean {
    const { counts, times, at } = this;
    const came = bytes - (counts[at] ?? bytes);
    const passedS = Math.max(this.limit.windowS, (now - (times[at] ?? now)) / 1000);
    counts[at] = bytes;
    times[at] = now;
    this.at = (at + 1) % counts.length;
    return came > this.limit.bytesPerS * passedS;
  }
}
