const FIRST_LENGTH_MS = 3_600_000;
const LEAST_LENGTH_MS = 1_000;
const GROWTH = 4;

/** A part of time: milliseconds since the epoch, the end excluded. */
export interface TimeWindow {
  from: number;
  to: number;
}

/**
 * Cuts time into windows, newest first: longer ones where there are few reports, so that years without any take a
 * few steps, and shorter ones where there are more than are read at once.
 */
export class ReportWindows {
  private window: TimeWindow;
  private length = FIRST_LENGTH_MS;

  /** @param now what is dated later is in the first window too */
  constructor(
    private readonly range: TimeWindow,
    now: number,
  ) {
    this.window = this.next(range.to, Math.min(range.to, now));
  }

  /** Undefined where nothing is left. */
  get current(): TimeWindow | undefined {
    return this.window.from < this.window.to ? this.window : undefined;
  }

  /** All reports of the window have been read. */
  passed(): void {
    this.length *= GROWTH;
    this.window = this.next(this.window.from, this.window.from);
  }

  /**
   * The window has more reports than are read at once.
   *
   * @param last the time of the last one that was read, rounded down
   */
  passedUntil(last: number): void {
    this.length = Math.max(LEAST_LENGTH_MS, 2 * (this.window.to - last));
    // Others may have the same time.
    const to = Math.min(this.window.to, last + 1);
    this.window = this.next(to, to);
  }

  /** @param end where its length is counted from */
  private next(to: number, end: number): TimeWindow {
    return { from: Math.max(this.range.from, end - this.length), to };
  }
}
