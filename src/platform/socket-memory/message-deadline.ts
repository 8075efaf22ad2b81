import type { FrameMeter } from './frame-meter.js';

/** A message may take so long from its first byte to its last: milliseconds, */
const MESSAGE_MS = 30_000;
/** and longer by a second for so many bytes of it that have come, so that a slow line can bring a large one. */
const BYTES_PER_S = 4_096;

/** Whether a message takes longer to come than it may. */
export class MessageDeadline {
  private begun = 0;
  private passedMs = 0;

  /**
   * To be called at intervals. A call counts as one interval however late it is: what had to wait for us is not held
   * against the client.
   */
  isOver({ begun, unfinished }: Pick<FrameMeter, 'begun' | 'unfinished'>, intervalMs: number): boolean {
    if (unfinished === 0 || begun !== this.begun) {
      this.begun = begun;
      this.passedMs = 0;
      return false;
    }
    this.passedMs += intervalMs;
    return this.passedMs >= MESSAGE_MS + (unfinished / BYTES_PER_S) * 1000;
  }
}
