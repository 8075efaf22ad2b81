import { Logger } from '@nestjs/common';

/** Runs tasks at intervals, each one at a time. A failed one is retried at the next interval. */
export class PeriodicTasks {
  private readonly logger = new Logger('Observer');
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly abort = new AbortController();
  private readonly running = new Set<Promise<void>>();

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  every(ms: number, work: () => Promise<unknown>): void {
    let isRunning = false;
    const run = async (): Promise<void> => {
      if (isRunning) return;
      isRunning = true;
      try {
        await work();
      } catch (error) {
        if (!this.signal.aborted) this.logger.debug(`Retried at the next interval: ${String(error)}`);
      } finally {
        isRunning = false;
      }
    };
    const start = (): void => {
      const running = run();
      this.running.add(running);
      void running.then(() => this.running.delete(running));
    };
    this.timers.push(setInterval(start, ms));
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.abort.abort(new Error('the process is stopping'));
  }

  /** Resolves when no task runs any more. */
  async ended(): Promise<void> {
    await Promise.all(this.running);
  }
}
