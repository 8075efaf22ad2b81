import type { Writable } from 'node:stream';
import type { ResponseLimits } from './response-limits.js';
import type { ResponseAbort } from './response.metrics.js';

/** A response that its client is reading. */
export interface OpenResponse {
  /** Since when the client has read nothing, by `performance.now()`; undefined while nothing waits for it. */
  readonly stalledSince: number | undefined;
  /** Total time spent waiting for the client: milliseconds. */
  readonly waitedMs: number;
  /** Bytes read per second of that time; any number if there was none. */
  readonly bytesPerWaitS: number;
  /** Ends it at once, because others need its resources. */
  evict(): void;
}

/** @returns the one whose client has read nothing for the longest time, if that is at least `afterMs` */
export function longestStalled(responses: Iterable<OpenResponse>, afterMs: number): OpenResponse | undefined {
  let found: OpenResponse | undefined;
  for (const response of responses) {
    if ((response.stalledSince ?? Infinity) < (found?.stalledSince ?? Infinity)) found = response;
  }
  const since = found?.stalledSince ?? Infinity;
  return performance.now() - since >= afterMs ? found : undefined;
}

/**
 * @param waitedMs only responses that waited for their clients at least that long
 * @returns the one whose client reads slowest, if that is less than `bytesPerS`
 */
export function slowest(
  responses: Iterable<OpenResponse>,
  waitedMs: number,
  bytesPerS: number,
): OpenResponse | undefined {
  let found: OpenResponse | undefined;
  for (const response of responses) {
    if (response.waitedMs >= waitedMs && response.bytesPerWaitS < (found?.bytesPerWaitS ?? bytesPerS))
      found = response;
  }
  return found;
}

/** The body of a response, written as fast as the client reads it. */
export class ResponseBody implements OpenResponse {
  stalledSince: number | undefined;
  /** Minimum number of bytes that the client must read per second, averaged over `stallMs` of waiting for it. */
  minBytesPerS = 0;
  /** Time spent waiting for the client, and bytes that it read meanwhile, since the last check of its speed. */
  private uncheckedMs = 0;
  private uncheckedBytes = 0;
  /** The same since the start. */
  private waitedBeforeMs = 0;
  private readBytes = 0;
  private wake: (() => void) | undefined;
  private isFinished = false;

  /** @param onAbort is called with the reason when the response is aborted */
  constructor(
    private readonly response: Writable,
    private readonly limits: Pick<ResponseLimits, 'stallMs'>,
    private readonly onAbort: (reason: ResponseAbort) => void,
  ) {
    // For its whole life: the middleware that compresses would never remove one for each wait.
    const wake = (): void => this.wake?.();
    for (const event of ['drain', 'close']) response.on(event, wake);
    response.on('finish', () => {
      this.isFinished = true;
      wake();
    });
  }

  get waitedMs(): number {
    const currentMs = this.stalledSince === undefined ? 0 : performance.now() - this.stalledSince;
    return this.waitedBeforeMs + currentMs;
  }

  get bytesPerWaitS(): number {
    return (1000 * this.readBytes) / Math.max(1, this.waitedMs);
  }

  /** Disconnects the client, so that it sees an incomplete response. */
  abort(reason: ResponseAbort): void {
    if (this.response.destroyed) return;
    this.onAbort(reason);
    this.response.destroy();
  }

  evict(): void {
    this.abort('evicted');
  }

  /** Writes, and waits for the event `drain` if necessary. @returns whether the client is still connected */
  async write(part: string | Buffer): Promise<boolean> {
    const { response } = this;
    if (response.destroyed) return false;
    if (!response.write(part)) {
      const waitedMs = await this.wait();
      this.waitedBeforeMs += waitedMs;
      this.uncheckedMs += waitedMs;
      this.uncheckedBytes += part.length;
      this.checkSpeed();
    }
    this.readBytes += part.length;
    return !response.destroyed;
  }

  /** Ends the response, and waits until it is sent. */
  async end(): Promise<void> {
    const { response } = this;
    if (response.destroyed) return;
    response.end();
    while (this.isSending) await this.wait();
  }

  private get isSending(): boolean {
    return !this.isFinished && !this.response.destroyed;
  }

  /** Waits until there is room for more, or all is sent, or the client is gone. @returns the duration in milliseconds */
  private async wait(): Promise<number> {
    const since = performance.now();
    this.stalledSince = since;
    const timer = setTimeout(() => this.abort('stalled'), this.limits.stallMs);
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      if (this.response.destroyed) resolve();
    });
    clearTimeout(timer);
    this.wake = undefined;
    this.stalledSince = undefined;
    return performance.now() - since;
  }

  private checkSpeed(): void {
    if (this.uncheckedMs < this.limits.stallMs) return;
    if (this.uncheckedBytes < (this.minBytesPerS * this.uncheckedMs) / 1000) this.abort('slow');
    this.uncheckedMs = 0;
    this.uncheckedBytes = 0;
  }
}
