const FIRST_LENGTH_MS = 3_600_000;
const MIN_LENGTH_MS = 1_000;
const GROWTH = 4;

/** A time range in milliseconds since the epoch. The end is exclusive. */
export interface TimeWindow {
  from: number;
  to: number;
}

/**
 * Splits a time range into windows, newest first. Windows get longer where there are few reports, so that years without
 * any take a few steps, and shorter where there are more than one query reads.
 */
export class ReportWindows {
  private window: TimeWindow;
  private length = FIRST_LENGTH_MS;

  /**
   * @param now the first window also contains later times
   * @param boundary no window crosses it
   */
  constructor(
    private readonly range: TimeWindow,
    now: number,
    private readonly boundary = Infinity,
  ) {
    this.window = this.windowBefore(range.to, Math.min(range.to, now));
  }

  /** Undefined after the last window. */
  get current(): TimeWindow | undefined {
    return this.window.from < this.window.to ? this.window : undefined;
  }

  /** Leaves what is before a time of the window to the next one. @returns the current window */
  beginAt(time: number): TimeWindow {
    const { from, to } = this.window;
    this.window = { from: Math.max(from, time), to };
    return this.window;
  }

  /** All reports of the window have been read. */
  next(): void {
    this.length *= GROWTH;
    this.window = this.windowBefore(this.window.from, this.window.from);
  }

  /**
   * The window has more reports than one query reads.
   *
   * @param last the time of the last report that was read, rounded down
   */
  continueBefore(last: number): void {
    this.length = Math.max(MIN_LENGTH_MS, 2 * (this.window.to - last));
    // Other reports may have the same time.
    const to = Math.min(this.window.to, last + 1);
    this.window = this.windowBefore(to, to);
  }

  /** @param end from which its length is counted */
  private windowBefore(to: number, end: number): TimeWindow {
    const from = Math.max(this.range.from, end - this.length);
    return { from: from < this.boundary && this.boundary < to ? this.boundary : from, to };
  }
}
