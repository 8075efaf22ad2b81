import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { inTime, Lifecycle } from '../lifecycle/index.js';
import { ENDPOINTS, MessageOutcomes } from '../telemetry/index.js';
import { BatchSink } from './batch-sink.port.js';
import { DeliveryWriters } from './delivery-writers.js';
import { JournalService } from './journal.service.js';
import { JournalReplay } from './journal-replay.js';
import { DeliveryQueue } from './queue/delivery-queue.js';
import type { QueuedBatch } from './queue/queued-batch.js';
import { OtherSinks } from './sinks/index.js';
import { Stages } from './stages/index.js';
import type { UnfinishedBatch } from './unfinished-batch.js';

/** With a journal to fall back on, the end does not wait longer than this for a batch to be stored: milliseconds. */
const PATIENCE_MS = 2_000;
/** Of the time to stop, kept for what comes after the last batches. */
const KEPT_FOR_THE_END = 0.3;
/** For the database to hear that this process ends: milliseconds. */
const CLOSE_MS = 2_000;
/** For the stages after storing to be done with what they have: milliseconds. */
const STAGES_MS = 2_000;
const LOOK_MS = 20;

/** The beginning and the end of delivery. */
@Injectable()
export class Delivery implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Delivery.name);
  private open = false;
  private done = false;
  private lost = 0;

  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly queue: DeliveryQueue,
    private readonly writers: DeliveryWriters,
    private readonly journal: JournalService,
    private readonly replay: JournalReplay,
    private readonly sink: BatchSink,
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
   * By now the last frame has been read and its batch pushed: a global module comes after the others. What stages and
   * sinks of a team stand on is there until `onApplicationShutdown`.
   */
  async beforeApplicationShutdown(): Promise<void> {
    const replayed = this.replay.stop();
    if (this.open) await this.drain();
    this.queue.end();
    const waiting = this.queue.leftovers().map((item) => ({ item, owedTo: undefined }));
    this.leaveBehind([...(await this.writers.stop()), ...waiting]);
    await replayed;
    try {
      await this.journal.close();
      this.done = true;
    } finally {
      const { deadline } = this.lifecycle;
      await this.stages.end(deadline.shareMs(0.1, STAGES_MS));
      const closed = Promise.all([this.sink.close(), this.otherSinks.close()]);
      await inTime(closed, deadline.shareMs(0.1, CLOSE_MS));
    }
  }

  private async drain(): Promise<void> {
    const enough = new AbortController();
    await Promise.race([this.queue.idle(), this.patience(enough.signal)]);
    enough.abort();
  }

  /** Ends when batches may wait no longer: what is in flight is safe in the journal, if there is one. */
  private async patience(signal: AbortSignal): Promise<void> {
    const { deadline } = this.lifecycle;
    const patience = deadline.shareMs(0.1, PATIENCE_MS);
    let { progress } = this.writers;
    let since = performance.now();
    while (!signal.aborted && deadline.leftMs(KEPT_FOR_THE_END) > 0) {
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
    if (kept > 0) this.logger.log(`Left ${kept.toString()} batches in the journal for the next start.`);
    if (this.lost > 0)
      this.logger.error(`Lost ${this.lost.toString()} batches: there was neither database nor journal.`);
    if (owed > 0)
      this.logger.error(
        `A sink will not get ${owed.toString()} batches that are stored: there was no journal.`,
      );
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
