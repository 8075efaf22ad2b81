import type { Logger } from '@nestjs/common';

/**
 * Work at intervals. No job runs twice at once: one that takes longer than its interval starts again at the next multiple
 * of the interval, so that a slow job does not use its resources all the time.
 */
export class IntervalJobs {
  private readonly abort = new AbortController();
  private readonly running = new Set<Promise<void>>();

  /** @param logger gets the errors of jobs, as debug: a job that fails runs again at its next interval */
  constructor(private readonly logger: Pick<Logger, 'debug'>) {}

  /** Aborts when the jobs are stopped. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Runs the job for the first time after one interval. */
  every(intervalMs: number, job: () => Promise<unknown>): void {
    this.schedule(intervalMs, job, performance.now() + intervalMs);
  }

  stop(): void {
    this.abort.abort(new Error('The server stops.'));
  }

  /** Resolves when no job runs any more. To be called after `stop`. */
  async ended(): Promise<void> {
    await Promise.all(this.running);
  }

  private schedule(intervalMs: number, job: () => Promise<unknown>, dueAt: number): void {
    if (this.signal.aborted) return;
    const start = (): void => {
      this.signal.removeEventListener('abort', cancel);
      const running = this.run(job);
      this.running.add(running);
      void running.then(() => {
        this.running.delete(running);
        const missed = Math.max(0, Math.floor((performance.now() - dueAt) / intervalMs));
        this.schedule(intervalMs, job, dueAt + (missed + 1) * intervalMs);
      });
    };
    const timer = setTimeout(start, Math.max(0, dueAt - performance.now()));
    const cancel = (): void => clearTimeout(timer);
    this.signal.addEventListener('abort', cancel, { once: true });
  }

  private async run(job: () => Promise<unknown>): Promise<void> {
    try {
      await job();
    } catch (error) {
      if (!this.signal.aborted) this.logger.debug(`Will be retried at the next interval: ${String(error)}`);
    }
  }
}
