import type { Writable } from 'node:stream';
import type { AnswerLimits } from './answer-limits.js';
import type { AnswerCut } from './answer.metrics.js';
import type { Taker } from './taker.js';

/** The body of an answer, which is written as fast as the client takes it. */
export class AnswerBody implements Taker {
  /** Since when the client has taken nothing of what waits for it, by `performance.now()`. */
  stalledSince: number | undefined;
  /** What the client takes in a second at least, on average over `stallMs` of waiting for it; any number at first. */
  bytesPerS = 0;
  /** How long the client was waited for, and what it took meanwhile, since that was last checked. */
  private uncheckedMs = 0;
  private unchecked = 0;
  /** The same since the beginning. */
  private waitedBeforeMs = 0;
  private taken = 0;

  /** @param onCut is told why the answer is cut */
  constructor(
    private readonly response: Writable,
    private readonly limits: Pick<AnswerLimits, 'stallMs'>,
    private readonly onCut: (reason: AnswerCut) => void,
  ) {}

  get waitedMs(): number {
    const waitsFor = this.stalledSince === undefined ? 0 : performance.now() - this.stalledSince;
    return this.waitedBeforeMs + waitsFor;
  }

  get pace(): number {
    return (1000 * this.taken) / Math.max(1, this.waitedMs);
  }

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
    if (!response.write(part)) {
      const waitedMs = await this.until('drain');
      this.waitedBeforeMs += waitedMs;
      this.uncheckedMs += waitedMs;
      this.unchecked += part.length;
      this.checkPace();
    }
    this.taken += part.length;
    return !response.destroyed;
  }

  /** Ends the answer, and waits until the client has taken it. */
  async end(): Promise<void> {
    const { response } = this;
    if (response.destroyed) return;
    response.end();
    if (response.writableLength > 0) await this.until('finish');
  }

  /** @returns how long that took: milliseconds */
  private async until(event: 'drain' | 'finish'): Promise<number> {
    const { response } = this;
    const since = performance.now();
    this.stalledSince = since;
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
    return performance.now() - since;
  }

  private checkPace(): void {
    if (this.uncheckedMs < this.limits.stallMs) return;
    if (this.unchecked < (this.bytesPerS * this.uncheckedMs) / 1000) this.cut('slow');
    this.uncheckedMs = 0;
    this.unchecked = 0;
  }
}
