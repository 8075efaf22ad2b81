/** Round trips of which the shortest counts: one may be long because either side was busy. */
const REMEMBERED = 8;

/** The largest value of the column. */
const MAX_US = 2 ** 31 - 1;

/** Measures how long a socket takes to its node and back, by pings and their pongs. Times are of a clock that does not jump. */
export class RoundTrips {
  private readonly lastUs: number[] = [];
  private pings = 0;
  /** When the latest ping was sent; undefined where it tells nothing, or is answered. */
  private sentAt: number | undefined;

  /**
   * A ping is sent. A pong of the one before, which comes later, is not measured.
   *
   * @param now milliseconds
   * @returns what the ping holds, and its pong must hold
   */
  ping(now: number): string {
    this.pings += 1;
    this.sentAt = now;
    return this.pings.toString();
  }

  /** The latest ping is not measured: its pong would have to wait for us. */
  ignorePing(): void {
    this.sentAt = undefined;
  }

  /**
   * A pong has come. It is ignored where it answers anything but the latest ping, or answers that again.
   *
   * @param now milliseconds
   */
  pong(payload: Buffer, now: number): void {
    if (this.sentAt === undefined || payload.toString('latin1') !== this.pings.toString()) return;
    const us = Math.round((now - this.sentAt) * 1000);
    this.sentAt = undefined;
    if (this.lastUs.push(Math.min(us, MAX_US)) > REMEMBERED) this.lastUs.shift();
  }

  /** The shortest of the last eight: whole microseconds; null before the first. */
  get minUs(): number | null {
    return this.lastUs.length === 0 ? null : Math.min(...this.lastUs);
  }
}
