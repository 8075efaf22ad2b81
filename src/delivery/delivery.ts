import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deadline } from '../platform/lifecycle/index.js';
import { ENDPOINTS, MessageOutcomes } from '../telemetry/index.js';
import { DeliveryWriters } from './delivery-writers.js';
import { JournalService } from './journal.service.js';
import { JournalReplay } from './journal-replay.js';
import { DeliveryQueue } from './queue/delivery-queue.js';
import type { QueuedBatch } from './queue/queued-batch.js';
import { OtherSinks } from './sinks/index.js';
import { Stages } from './stages/index.js';
import type { UnfinishedBatch } from './unfinished-batch.js';

/** With a journal to fall back on, the end does not wait longer than this for a batch to be stored: milliseconds, */
const PATIENCE_MS = 2_000;
/** nor this share of the time that there is. */
const PATIENCE = 0.15;
const LOOK_MS = 20;

/** The beginning and the end of delivery. The end has steps, which are called in the order in which they stand here. */
@Injectable()
export class Delivery {
  private readonly logger = new Logger(Delivery.name);
  private open = false;
  private replayed: Promise<void> | undefined;
  private done = false;
  private lost = 0;

  constructor(
    private readonly queue: DeliveryQueue,
    private readonly writers: DeliveryWriters,
    private readonly journal: JournalService,
    private readonly replay: JournalReplay,
    private readonly otherSinks: OtherSinks,
    private readonly stages: Stages,
    private readonly outcomes: MessageOutcomes,
  ) {}

  /** The database is ready: store what waits, beginning with what earlier processes left behind. */
  start(): void {
    this.open = true;
    this.writers.start();
    this.replay.start();
  }

  /** Whether delivery has ended, and every batch is stored or in the journal. */
  get endedWithoutLoss(): boolean {
    return this.done && this.lost === 0;
  }

  /**
   * Waits until everything is stored, for as long as that makes sense. Nothing is pushed any more, and what earlier
   * processes left behind waits for the next one.
   */
  async drain(deadline: Deadline): Promise<void> {
    this.replayed = this.replay.stop();
    if (!this.open) return;
    const enough = new AbortController();
    await Promise.race([this.queue.idle(), this.patience(deadline, enough.signal)]);
    enough.abort();
  }

  /** Writers go home. What is not stored stays in the journal, which is closed. */
  async leave(): Promise<void> {
    this.queue.end();
    // What it says it leaves there has to be there.
    this.journal.check();
    const waiting = this.queue.leftovers().map((item) => ({ item, owedTo: undefined }));
    this.leaveBehind([...(await this.writers.stop()), ...waiting]);
    await this.replayed;
    await this.journal.close();
    this.queue.leave();
    this.done = true;
  }

  /** Stages after storing get done with what they have, or are told to give up. */
  async endStages(deadline: Deadline): Promise<void> {
    await this.stages.end(deadline.leftMs());
  }

  /** The sinks beside PostgreSQL hear that nothing more comes. */
  async closeSinks(): Promise<void> {
    await this.otherSinks.close();
  }

  /** Ends when batches may wait no longer: what is in flight is safe in the journal, if there is one. */
  private async patience(deadline: Deadline, signal: AbortSignal): Promise<void> {
    const patience = deadline.shareMs(PATIENCE, PATIENCE_MS);
    let { progress } = this.writers;
    let since = performance.now();
    while (!signal.aborted && deadline.leftMs() > 0) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
      if (this.writers.progress !== progress) {
        ({ progress } = this.writers);
        since = performance.now();
      } else if (this.journal.exists && performance.now() - since > patience) {
        return;
      }
    }
  }

  private leaveBehind(left: readonly UnfinishedBatch[]): void {
    let kept = 0;
    let owed = 0;
    for (const { item, owedTo } of left) {
      const isKept = this.keep(item);
      if (isKept) kept += 1;
      else if (owedTo === undefined) this.lost += 1;
      else {
        owed += 1;
        this.otherSinks.lost(owedTo);
      }
      if (item.replayed || owedTo !== undefined) continue;
      const outcome = isKept ? 'journalled' : 'lost';
      this.outcomes.count(ENDPOINTS.expiring.countedAs, outcome, item.rows.expiring);
      this.outcomes.count(ENDPOINTS.audit.countedAs, outcome, item.rows.audit);
    }
    if (kept > 0) this.logger.log(`${kept.toString()} batches remain in the journal for the next start.`);
    if (this.lost > 0)
      this.logger.error(`Lost ${this.lost.toString()} batches: neither the database nor a journal was available.`);
    if (owed > 0)
      this.logger.error(
        `${owed.toString()} stored batches were not delivered to a secondary sink: no journal was available.`,
      );
  }

  private keep(item: QueuedBatch): boolean {
    if (item.durable) return true;
    if (item.batch === undefined || !this.journal.exists) return false;
    try {
      this.journal.append(item.batch, { beyondBound: true });
      return true;
    } catch (error) {
      this.logger.error(`A batch could not be written to the journal: ${String(error)}`);
      return false;
    }
  }
}
