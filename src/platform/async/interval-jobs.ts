import type { Logger } from '@nestjs/common';

/**
 * Runs jobs at intervals. A job never overlaps itself: one that takes longer than its interval starts again at the next
 * multiple of the interval, so that a slow job does not use its resources all the time.
 */
export class IntervalJobs {
  private readonly abort = new AbortController();
  private readonly running = new Set<Promise<void>>();

  /** @param logger logs the errors of jobs at debug */
  constructor(private readonly logger: Pick<Logger, 'debug'>) {}

  /** Aborts when the jobs are stopped. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Runs the job for the first time after one interval. */
  schedule(name: string, intervalMs: number, job: () => Promise<unknown>): void {
    this.scheduleNext(name, intervalMs, job, performance.now() + intervalMs);
  }

  stop(): void {
    this.abort.abort(new Error('The server stops.'));
  }

  /** Resolves when no job is running. Call after `stop`. */
  async ended(): Promise<void> {
    await Promise.all(this.running);
  }

  private scheduleNext(name: string, intervalMs: number, job: () => Promise<unknown>, dueAt: number): void {
    if (this.signal.aborted) return;
    const start = (): void => {
      this.signal.removeEventListener('abort', cancel);
      const running = this.run(name, job);
      this.running.add(running);
      void running.then(() => {
        this.running.delete(running);
        const missed = Math.max(0, Math.floor((performance.now() - dueAt) / intervalMs));
        this.scheduleNext(name, intervalMs, job, dueAt + (missed + 1) * intervalMs);
      });
    };
    const timer = setTimeout(start, Math.max(0, dueAt - performance.now()));
    const cancel = (): void => clearTimeout(timer);
    this.signal.addEventListener('abort', cancel, { once: true });
  }

  private async run(name: string, job: () => Promise<unknown>): Promise<void> {
    try {
      await job();
    } catch (error) {
      if (this.signal.aborted) return;
      this.logger.debug(`Job "${name}" failed; it runs again at its next interval: ${String(error)}`);
    }
  }
}
