/** The shortest of the last eight round trips counts: one may be long because either side was busy. */
const SAMPLES = 8;

/** The largest value of `peer_connections.rtt_us`, an integer. */
const MAX_US = 2 ** 31 - 1;

/** Measures the round-trip time of a socket by pings and their pongs. Times are of a monotonic clock. */
export class RoundTrips {
  private readonly lastUs: number[] = [];
  private pings = 0;
  /** When the last ping was sent; undefined where it is ignored, or its pong has arrived. */
  private sentAt: number | undefined;

  /**
   * Records a ping. The pong of the ping before is not measured any more.
   *
   * @param now milliseconds
   * @returns the payload of the ping, which its pong has too
   */
  ping(now: number): string {
    this.pings += 1;
    this.sentAt = now;
    return this.pings.toString();
  }

  /** The last ping is not measured: its pong would be read late. */
  ignorePing(): void {
    this.sentAt = undefined;
  }

  /**
   * Records a pong. It is ignored unless it is the first one for the last ping.
   *
   * @param now milliseconds
   */
  pong(payload: Buffer, now: number): void {
    if (this.sentAt === undefined || payload.toString('latin1') !== this.pings.toString()) return;
    const us = Math.round((now - this.sentAt) * 1000);
    this.sentAt = undefined;
    if (this.lastUs.push(Math.min(us, MAX_US)) > SAMPLES) this.lastUs.shift();
  }

  /** The shortest of the last eight: whole microseconds; null before the first. */
  get minUs(): number | null {
    return this.lastUs.length === 0 ? null : Math.min(...this.lastUs);
  }
}
