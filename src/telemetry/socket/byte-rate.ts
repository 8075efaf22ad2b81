export interface ByteLimit {
  bytesPerS: number;
  /** Seconds over which it is averaged. */
  windowS: number;
}

/** A limit on bytes, on average over some seconds. To be checked once a second. */
export class ByteRate {
  /** The counts of the last checks, one for each second of the window; the oldest is overwritten next. */
  private readonly counts: Float64Array;
  private readonly times: Float64Array;
  private index = 0;

  /**
   * @param bytes received so far
   * @param now milliseconds of a monotonic clock
   */
  constructor(
    private readonly limit: ByteLimit,
    bytes: number,
    now: number,
  ) {
    this.counts = new Float64Array(limit.windowS).fill(bytes);
    this.times = new Float64Array(limit.windowS).fill(now);
  }

  /**
   * A time between checks that is longer than the window counts whole: bytes that waited in the kernel while this process
   * was busy do not exceed the limit.
   */
  exceeds(bytes: number, now: number): boolean {
    const { counts, times, index } = this;
    const received = bytes - (counts[index] ?? bytes);
    const passedS = Math.max(this.limit.windowS, (now - (times[index] ?? now)) / 1000);
    counts[index] = bytes;
    times[index] = now;
    this.index = (index + 1) % counts.length;
    return received > this.limit.bytesPerS * passedS;
  }
}
