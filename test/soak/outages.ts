/** For connections to be made again when the database is back: milliseconds. */
const RECOVERY_MS = 2_000;

/** When the database was away for those who ask. Times are milliseconds. */
export class Outages {
  private readonly times: { from: number; to: number }[] = [];

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** It is away while this is done. */
  async during(work: () => Promise<void>): Promise<void> {
    const outage = { from: this.now(), to: Infinity };
    this.times.push(outage);
    try {
      await work();
    } finally {
      outage.to = this.now() + RECOVERY_MS;
    }
  }

  /** Whether it was away at some time between two. */
  touch(from: number, to: number): boolean {
    return this.times.some((outage) => outage.from <= to && from <= outage.to);
  }
}
