import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../platform/errors/index.js';
import type { Deadline } from '../platform/lifecycle/index.js';
import { ENDPOINTS, MessageOutcomes } from '../telemetry/index.js';
import { AfterStoreHooks } from './after-store/index.js';
import { DeliveryWriters, type UnfinishedBatch } from './delivery-writers.js';
import { JournalService } from './journal.service.js';
import { JournalReplay } from './journal-replay.js';
import { DeliveryQueue } from './queue/delivery-queue.js';
import type { QueuedBatch } from './queue/queued-batch.js';
import { SecondarySinks } from './secondary-sinks.js';

/** With a journal, a stop waits no longer than this for the next batch to be stored: milliseconds, */
const MAX_STALL_MS = 2_000;
/** and no longer than this share of the time until the deadline. */
const MAX_STALL_SHARE = 0.15;
const CHECK_INTERVAL_MS = 20;

/** Starts and stops delivery. The steps of a stop are called in the order of the methods below. */
@Injectable()
export class Delivery {
  private readonly logger = new Logger(Delivery.name);
  private isStarted = false;
  private replayStopped: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private isClosed = false;
  private lost = 0;

  constructor(
    private readonly queue: DeliveryQueue,
    private readonly writers: DeliveryWriters,
    private readonly journal: JournalService,
    private readonly replay: JournalReplay,
    private readonly secondarySinks: SecondarySinks,
    private readonly hooks: AfterStoreHooks,
    private readonly outcomes: MessageOutcomes,
  ) {}

  /** To be called when the database is ready. */
  start(): void {
    this.isStarted = true;
    this.writers.start();
    this.replay.start();
  }

  /** Whether delivery has stopped, and every batch is stored or in the journal. */
  get endedWithoutLoss(): boolean {
    return this.isClosed && this.lost + this.queue.lost === 0;
  }

  /** Waits until every batch is stored, or until no progress is made. No batch may be pushed any more. */
  async drain(deadline: Deadline): Promise<void> {
    this.replayStopped = this.replay.stop();
    if (!this.isStarted) return;
    const drained = new AbortController();
    await Promise.race([this.queue.idle(), this.stalled(deadline, drained.signal)]);
    drained.abort();
  }

  /** Stops the writers, writes unstored batches to the journal, and closes it. A second call waits for the first. */
  close(): Promise<void> {
    return (this.closing ??= this.closeOnce());
  }

  async endHooks(deadline: Deadline): Promise<void> {
    await this.hooks.end(deadline.leftMs());
  }

  async closeSinks(): Promise<void> {
    await this.secondarySinks.close();
  }

  private async closeOnce(): Promise<void> {
    this.queue.end();
    // Before batches count as journaled.
    this.journal.check();
    const unfinished = await this.writers.stop();
    this.journalOrLose([...unfinished, ...this.takeRemaining()]);
    await this.replayStopped;
    // Sockets that did not end in time may have pushed more.
    const late = this.takeRemaining();
    if (late.length > 0) this.journalOrLose(late);
    this.queue.close();
    await this.journal.close();
    this.isClosed = true;
  }

  private takeRemaining(): UnfinishedBatch[] {
    return this.queue.takeRemaining().map((item) => ({ item, pendingSinks: undefined }));
  }

  /** Resolves at the deadline, or with a journal when no batch has been stored for a while. */
  private async stalled(deadline: Deadline, signal: AbortSignal): Promise<void> {
    const maxStallMs = deadline.shareMs(MAX_STALL_SHARE, MAX_STALL_MS);
    let { progress } = this.writers;
    let since = performance.now();
    while (!signal.aborted && deadline.leftMs() > 0) {
      await sleep(CHECK_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
      if (this.writers.progress !== progress) {
        ({ progress } = this.writers);
        since = performance.now();
      } else if (this.journal.exists && performance.now() - since > maxStallMs) {
        return;
      }
    }
  }

  private journalOrLose(batches: readonly UnfinishedBatch[]): void {
    let journaled = 0;
    let lost = 0;
    let undelivered = 0;
    const failures: unknown[] = [];
    for (const { item, pendingSinks } of batches) {
      const isJournaled = this.isJournaled(item, failures);
      if (isJournaled) journaled += 1;
      else if (pendingSinks === undefined) lost += 1;
      else {
        undelivered += 1;
        this.secondarySinks.lost(pendingSinks);
      }
      if (item.replayed || pendingSinks !== undefined) continue;
      const outcome = isJournaled ? 'journalled' : 'lost';
      this.outcomes.count(ENDPOINTS.expiring.countedAs, outcome, item.rows.expiring);
      this.outcomes.count(ENDPOINTS.audit.countedAs, outcome, item.rows.audit);
    }
    this.lost += lost;
    if (journaled > 0)
      this.logger.log(`${journaled.toString()} batches remain in the journal for the next start.`);
    if (failures.length > 0)
      this.logger.error(
        `${failures.length.toString()} batches could not be written to the journal: ${describeError(failures[0])}`,
      );
    if (lost > 0)
      this.logger.error(`Lost ${lost.toString()} batches: neither the database nor a journal was available.`);
    if (undelivered > 0)
      this.logger.error(
        `${undelivered.toString()} stored batches were not delivered to a secondary sink: no journal was available.`,
      );
  }

  /** @param failures gets the error, if the journal cannot be written */
  private isJournaled(item: QueuedBatch, failures: unknown[]): boolean {
    if (item.durable) return true;
    if (item.batch === undefined || !this.journal.exists) return false;
    try {
      this.journal.append(item.batch, { beyondBound: true });
      return true;
    } catch (error) {
      failures.push(error);
      return false;
    }
  }
}
