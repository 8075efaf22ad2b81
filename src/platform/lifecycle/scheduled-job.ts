import type { OutageLog } from '../async/index.js';
import type { Lifecycle } from './lifecycle.js';

/** Work that a schedule repeats: while the server runs and until it is stopped, and never beside itself. */
export class ScheduledJob {
  private readonly abort = new AbortController();
  private running: Promise<void> | undefined;

  /** @param onFailure counts failures, for instance; the outage logs them */
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly outage: OutageLog,
    private readonly onFailure: () => void,
  ) {}

  /** Aborts when the job is stopped. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Begins no further work. */
  stop(): void {
    this.abort.abort(new Error('The server is stopping.'));
  }

  /** Does the work, or waits for that of an earlier call. Its errors are logged; after the stop they are expected. */
  async run(work: () => Promise<void>): Promise<void> {
    if (!this.lifecycle.running || this.signal.aborted) return;
    // One that exceeds the interval is not started twice.
    await (this.running ??= this.runOnce(work).finally(() => (this.running = undefined)));
  }

  private async runOnce(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.outage.succeeded();
    } catch (error) {
      if (this.signal.aborted) return;
      this.onFailure();
      this.outage.failed(error);
    }
  }
}
