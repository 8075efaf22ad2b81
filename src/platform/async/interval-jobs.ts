import type { Logger } from '@nestjs/common';

/** Runs jobs at intervals. A job never overlaps itself. A late job starts immediately. */
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
    this.scheduleNext(name, intervalMs, job, performance.now());
  }

  stop(): void {
    this.abort.abort(new Error('The server stops.'));
  }

  /** Resolves when no job is running. Call after `stop`. */
  async ended(): Promise<void> {
    await Promise.all(this.running);
  }

  private scheduleNext(
    name: string,
    intervalMs: number,
    job: () => Promise<unknown>,
    lastStartAt: number,
  ): void {
    if (this.signal.aborted) return;
    const start = (): void => {
      this.signal.removeEventListener('abort', cancel);
      const startedAt = performance.now();
      const running = this.run(name, job);
      this.running.add(running);
      void running.then(() => {
        this.running.delete(running);
        this.scheduleNext(name, intervalMs, job, startedAt);
      });
    };
    const timer = setTimeout(start, Math.max(0, lastStartAt + intervalMs - performance.now()));
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
