import { Logger } from '@nestjs/common';

/** Work that comes again, never twice at once. What fails for now is done the next time. */
export class Repeated {
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

  /** Once nothing of it runs any more. */
  async ended(): Promise<void> {
    await Promise.all(this.running);
  }
}
