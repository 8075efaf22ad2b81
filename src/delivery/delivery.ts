import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Settings } from '../config/index.js';
import { ENDPOINTS, MessageOutcomes } from '../telemetry/index.js';
import { BatchSink } from './batch-sink.port.js';
import { DeliveryWriters } from './delivery-writers.js';
import { JournalService } from './journal.service.js';
import { JournalReplay } from './journal-replay.js';
import { Outage } from './outage.js';
import { DeliveryQueue } from './queue/delivery-queue.js';
import type { QueuedBatch } from './queue/queued-batch.js';

/** With a journal to fall back on, a database that is away is not waited for longer than this: milliseconds. */
const OUTAGE_PATIENCE_MS = 1_000;

/** The beginning and the end of delivery. */
@Injectable()
export class Delivery implements OnApplicationShutdown {
  private readonly logger = new Logger(Delivery.name);
  private open = false;

  constructor(
    private readonly settings: Settings,
    private readonly queue: DeliveryQueue,
    private readonly writers: DeliveryWriters,
    private readonly journal: JournalService,
    private readonly replay: JournalReplay,
    private readonly outage: Outage,
    private readonly sink: BatchSink,
    private readonly outcomes: MessageOutcomes,
  ) {}

  /** The database is ready: store what waits, beginning with what earlier processes left behind. */
  start(): void {
    this.open = true;
    this.writers.start();
    this.replay.start();
  }

  /** By now the last frame has been read and its batch pushed. */
  async onApplicationShutdown(): Promise<void> {
    this.replay.stop();
    if (this.open) await Promise.race([this.queue.idle(), this.patience()]);
    this.queue.end();
    const left = [...(await this.writers.stop()), ...this.queue.leftovers()];
    this.leaveBehind(left);
    await this.journal.close();
    await this.sink.close();
  }

  /** Half of the time to shut down; the rest is for nodes and for the end. */
  private async patience(): Promise<void> {
    const deadline = Date.now() + this.settings.SHUTDOWN_TIMEOUT_S * 500;
    let outageSince: number | undefined;
    while (Date.now() < deadline) {
      await sleep(50);
      outageSince = this.outage.lasts ? (outageSince ?? Date.now()) : undefined;
      if (this.journal.exists && outageSince !== undefined && Date.now() - outageSince > OUTAGE_PATIENCE_MS)
        return;
    }
  }

  private leaveBehind(items: readonly QueuedBatch[]): void {
    let kept = 0;
    let lost = 0;
    for (const item of items) {
      const outcome = this.keep(item) ? 'journalled' : 'lost';
      if (outcome === 'lost') lost += 1;
      else kept += 1;
      if (item.replayed) continue;
      this.outcomes.count(ENDPOINTS.expiring.countedAs, outcome, item.rows.expiring);
      this.outcomes.count(ENDPOINTS.audit.countedAs, outcome, item.rows.audit);
    }
    if (kept > 0) this.logger.log(`Left ${kept.toString()} batches in the journal for the next start.`);
    if (lost > 0)
      this.logger.error(`Lost ${lost.toString()} batches: there was neither database nor journal.`);
  }

  private keep(item: QueuedBatch): boolean {
    if (item.durable) return true;
    if (item.batch === undefined || !this.journal.exists) return false;
    try {
      this.journal.append(item.batch, { beyondBound: true });
      return true;
    } catch (error) {
      this.logger.error(`A batch could not be put into the journal: ${String(error)}`);
      return false;
    }
  }
}
