import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';
import { OutageLog } from '../../platform/async/index.js';
import { Lifecycle } from '../../platform/lifecycle/index.js';
import { CollectorId, inTransaction } from '../../storage/index.js';
import { StatusLimits } from './status.js';
import { type StatusMemory, statusPass } from './status-pass.js';

const INTERVAL_MS = 5_000;
/** The passes take at most this share of the time. */
const MAX_SHARE = 0.1;

/** Determines the statuses of all connected nodes. One replica does so, so that all have the same. */
@Injectable()
export class StatusJob {
  private readonly logger = new Logger(StatusJob.name);
  private readonly abort = new AbortController();
  private running: Promise<boolean> | undefined;
  private memory: StatusMemory | undefined;
  private notBefore = -Infinity;
  private readonly outage = new OutageLog(this.logger, {
    begins: (reason) => `The statuses of nodes could not be determined, retrying: ${reason}`,
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly lifecycle: Lifecycle,
    private readonly collector: CollectorId,
    private readonly limits: StatusLimits,
  ) {}

  /** Makes no further pass. A running one is rolled back by the end of its connection. */
  stop(): void {
    this.abort.abort(new Error('The server is stopping.'));
  }

  @Interval(INTERVAL_MS)
  async update(): Promise<void> {
    const { signal } = this.abort;
    if (!this.lifecycle.running || signal.aborted || performance.now() < this.notBefore) return;
    const startedAt = performance.now();
    await this.pass().then(
      () => this.outage.succeeded(),
      (error: unknown) => {
        if (!signal.aborted) this.outage.failed(error);
      },
    );
    // Storing messages comes first.
    this.notBefore = startedAt + (performance.now() - startedAt) / MAX_SHARE;
  }

  /**
   * Makes one pass, in a transaction. Concurrent calls share it.
   *
   * @returns false if another replica does so
   * @throws errors of the database; then nothing was changed
   */
  pass(): Promise<boolean> {
    return (this.running ??= this.newPass().finally(() => (this.running = undefined)));
  }

  private async newPass(): Promise<boolean> {
    const { memory } = this;
    this.memory = undefined;
    this.memory = await inTransaction(this.dataSource, (client) =>
      statusPass(client, { owner: this.collector.id, limits: this.limits, memory }),
    );
    return this.memory !== undefined;
  }
}
