import { setTimeout as sleep } from 'node:timers/promises';

export interface BackoffOptions {
  /** The first delay: milliseconds. */
  firstMs: number;
  /** No delay is longer, apart from its jitter: milliseconds. */
  maxMs: number;
  /** How many times as long each delay is as the one before: 2 by default. */
  factor?: number;
  /** Each delay is multiplied by a random number from `1 - jitter` to `1 + jitter`: 0 by default. */
  jitter?: number;
}

/** Delays between attempts, each longer than the one before, up to a limit. */
export class Backoff {
  private delayMs: number;

  constructor(private readonly options: BackoffOptions) {
    this.delayMs = options.firstMs;
  }

  /** The delay before the next attempt: milliseconds. */
  next(): number {
    const { maxMs, factor = 2, jitter = 0 } = this.options;
    const delayMs = this.delayMs;
    this.delayMs = Math.min(delayMs * factor, maxMs);
    return delayMs * (1 + jitter * (2 * Math.random() - 1));
  }

  /** Waits for the next delay. Returns early, without an error, when the signal aborts. */
  async wait(signal?: AbortSignal): Promise<void> {
    await sleep(this.next(), undefined, { signal }).catch(() => undefined);
  }

  /** After a success: the next delay is the first one again. */
  reset(): void {
    this.delayMs = this.options.firstMs;
  }
}
