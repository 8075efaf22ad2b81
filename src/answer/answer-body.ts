import type { Writable } from 'node:stream';
import type { AnswerLimits } from './answer-limits.js';
import type { AnswerCut } from './answer.metrics.js';
import type { Stream } from './stream-lane.js';

/** The body of an answer, which is written as fast as the client takes it. */
export class AnswerBody implements Stream {
  /** Since when the client has taken nothing of what waits for it, by `performance.now()`. */
  stalledSince: number | undefined;
  /** What the client takes in a second at least, on average over `stallMs` of waiting for it; any number at first. */
  bytesPerS = 0;
  /** How long the client was waited for, and what it took meanwhile, since that was last checked. */
  private waitedMs = 0;
  private taken = 0;

  /** @param onCut is told why the answer is cut */
  constructor(
    private readonly response: Writable,
    private readonly limits: Pick<AnswerLimits, 'stallMs'>,
    private readonly onCut: (reason: AnswerCut) => void,
  ) {}

  /** Disconnects the client, so that the answer has no end. */
  cut(reason: AnswerCut): void {
    if (this.response.destroyed) return;
    this.onCut(reason);
    this.response.destroy();
  }

  evict(): void {
    this.cut('evicted');
  }

  /** Writes, and waits until there is room for more. @returns whether the client is still there */
  async write(part: string | Buffer): Promise<boolean> {
    const { response } = this;
    if (response.destroyed) return false;
    if (response.write(part)) return true;
    const since = performance.now();
    await this.until('drain');
    this.waitedMs += performance.now() - since;
    this.taken += part.length;
    this.checkPace();
    return !response.destroyed;
  }

  /** Ends the answer, and waits until the client has taken it. */
  async end(): Promise<void> {
    const { response } = this;
    if (response.destroyed) return;
    response.end();
    if (response.writableLength > 0) await this.until('finish');
  }

  private async until(event: 'drain' | 'finish'): Promise<void> {
    const { response } = this;
    this.stalledSince = performance.now();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.cut('stalled'), this.limits.stallMs);
      const done = (): void => {
        clearTimeout(timer);
        response.off(event, done).off('close', done);
        resolve();
      };
      response.on(event, done).on('close', done);
      if (response.destroyed) done();
    });
    this.stalledSince = undefined;
  }

  private checkPace(): void {
    if (this.waitedMs < this.limits.stallMs) return;
    if (this.taken < (this.bytesPerS * this.waitedMs) / 1000) this.cut('slow');
    this.waitedMs = 0;
    this.taken = 0;
  }
}
