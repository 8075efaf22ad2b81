import { Injectable, Logger } from '@nestjs/common';
import { Backoff } from '../platform/async/index.js';
import { Settings } from '../platform/config/index.js';
import { DatabaseClock, DatabaseWatch, HOUR_MS } from '../storage/index.js';
import { type Batch, ENDPOINTS, MessageOutcomes } from '../telemetry/index.js';
import { AfterStoreHooks } from './after-store/index.js';
import { BatchSink, type StoreResult } from './batch-sink.port.js';
import { DeliveryMetrics } from './delivery.metrics.js';
import { JournalDamageError } from './journal/index.js';
import { Outages } from './outages.js';
import { withoutImpossibleTimes, withPlausibleTimes } from './plausible-times.js';
import { DeliveryQueue } from './queue/delivery-queue.js';
import type { QueuedBatch } from './queue/queued-batch.js';
import { SecondarySinks } from './secondary-sinks.js';

/** The jitter keeps writers that failed together from retrying together. */
const RETRY = { firstMs: 50, maxMs: 5_000, jitter: 0.5 };

/** A batch that a writer had not delivered when the process stopped. */
export interface UnfinishedBatch {
  item: QueuedBatch;
  /** Undefined if PostgreSQL may not have stored it; otherwise the secondary sinks that have not. */
  pendingSinks: ReadonlySet<BatchSink> | undefined;
}

/** Takes batches from the queue and delivers them to the sinks, `NUM_THREADS` at a time. Each is retried until it is stored. */
@Injectable()
export class DeliveryWriters {
  private readonly logger = new Logger('Delivery');
  private readonly abort = new AbortController();
  private readonly unfinished: UnfinishedBatch[] = [];
  private running: Promise<void>[] = [];
  private delivered = 0;

  constructor(
    private readonly settings: Settings,
    private readonly queue: DeliveryQueue,
    private readonly sink: BatchSink,
    private readonly secondarySinks: SecondarySinks,
    private readonly hooks: AfterStoreHooks,
    private readonly outages: Outages,
    private readonly watch: DatabaseWatch,
    private readonly metrics: DeliveryMetrics,
    private readonly outcomes: MessageOutcomes,
    private readonly clock: DatabaseClock,
  ) {}

  start(): void {
    this.running = Array.from({ length: this.settings.NUM_THREADS }, () => this.run());
  }

  /** The number of batches delivered so far. */
  get progress(): number {
    return this.delivered;
  }

  /** Aborts all writes, and returns their batches. */
  async stop(): Promise<UnfinishedBatch[]> {
    this.abort.abort(new Error('the process is stopping'));
    await Promise.all(this.running);
    return this.unfinished;
  }

  private async run(): Promise<void> {
    for (let item = await this.queue.take(); item !== undefined; item = await this.queue.take()) {
      await this.deliver(item);
    }
  }

  private async deliver(item: QueuedBatch): Promise<void> {
    const batch = await this.store(item);
    if (batch === undefined || !(await this.deliverToSecondarySinks(item, batch))) return;
    item.acknowledge();
    this.delivered += 1;
  }

  /** @returns the batch as it is stored; undefined if it is lost, or unfinished because the process stops */
  private async store(item: QueuedBatch): Promise<Batch | undefined> {
    let isUnreadable = false;
    const backoff = new Backoff(RETRY);
    for (;;) {
      let step: keyof Outages = 'journal';
      try {
        this.abort.signal.throwIfAborted();
        const startedAt = performance.now();
        const { batch, restamped } = this.restampedIfWrong(item, await item.load());
        if (isUnreadable) this.outages.journal.succeeded();
        isUnreadable = false;
        this.hooks.learnNodes(batch);
        step = 'database';
        const result = await this.sink.store(batch, this.abort.signal);
        this.outages.database.succeeded();
        this.watch.batchStored();
        this.count(item, batch, result, startedAt);
        if (!result.duplicate) this.logTimes(item, batch, restamped);
        const stored = result.storedAs ?? batch;
        this.hooks.stored(stored, result.rejected, batch.collector.number);
        return stored;
      } catch (error) {
        if (error instanceof JournalDamageError) {
          this.acknowledgeLost(item);
          return undefined;
        }
        if (this.abort.signal.aborted) {
          this.unfinished.push({ item, pendingSinks: undefined });
          return undefined;
        }
        this.metrics.retried();
        this.failed(step, error);
        if (step === 'database' && this.outages.database.since !== undefined) this.watch.writeFailed(error);
        isUnreadable ||= step === 'journal';
      }
      await backoff.wait(this.abort.signal);
    }
  }

  /** When a batch was received is known for those of this process only. */
  private restampedIfWrong(item: QueuedBatch, batch: Batch): { batch: Batch; restamped: number } {
    const now = this.clock.now();
    if (item.replayed) return withoutImpossibleTimes(batch, now);
    return withPlausibleTimes(batch, { now, startedAt: this.clock.startedAt, expiryMs: this.expiryMs });
  }

  private get expiryMs(): number {
    return this.settings.LOG_EXPIRY_H * HOUR_MS;
  }

  private logTimes(item: QueuedBatch, { expiring: { rows, oldest } }: Batch, restamped: number): void {
    if (restamped > 0) {
      this.logger.warn(
        `${restamped.toString()} messages had timestamps of a wrong clock and got the current time instead.`,
      );
    }
    if (item.replayed && rows > 0 && oldest < this.clock.now() - this.expiryMs) {
      this.logger.warn(
        `A replayed batch has messages that have already expired (oldest: ${new Date(oldest).toISOString()}). They are stored, and the next purge removes them.`,
      );
    }
  }

  /** @returns whether every secondary sink has stored the batch */
  private async deliverToSecondarySinks(item: QueuedBatch, batch: Batch): Promise<boolean> {
    const pendingSinks = this.secondarySinks.all();
    if (pendingSinks.size === 0) return true;
    const backoff = new Backoff(RETRY);
    for (;;) {
      try {
        await this.secondarySinks.deliver(batch, pendingSinks, this.abort.signal);
        this.outages.sink.succeeded();
        return true;
      } catch (error) {
        if (this.abort.signal.aborted) break;
        this.failed('sink', error);
      }
      await backoff.wait(this.abort.signal);
    }
    this.unfinished.push({ item, pendingSinks });
    return false;
  }

  private failed(step: keyof Outages, error: unknown): void {
    this.logger.debug(`An attempt to deliver a batch failed and will be retried: ${String(error)}`);
    this.outages[step].failed(error);
  }

  /** The journal has logged the damage. */
  private acknowledgeLost(item: QueuedBatch): void {
    item.acknowledge();
    this.delivered += 1;
    if (item.replayed) return;
    this.outcomes.count(ENDPOINTS.expiring.countedAs, 'lost', item.rows.expiring);
    this.outcomes.count(ENDPOINTS.audit.countedAs, 'lost', item.rows.audit);
  }

  /**
   * If the connection breaks after a commit, the next attempt finds a duplicate, and how many messages the database
   * rejected is not known any more. They are counted as stored here; `rejected_messages` has them all the same.
   */
  private count(
    item: QueuedBatch,
    batch: Batch,
    { duplicate, rejected }: StoreResult,
    startedAt: number,
  ): void {
    const rows = batch.expiring.rows + batch.audit.rows;
    this.metrics.stored(duplicate ? 'duplicate' : 'stored', rows, {
      writeMs: performance.now() - startedAt,
      lagMs: this.clock.now() - batch.firstReceivedAt,
    });
    if (item.replayed) {
      if (!duplicate) this.metrics.replayed(rows - rejected.length);
      return;
    }
    for (const [{ countedAs }, block] of [
      [ENDPOINTS.expiring, batch.expiring],
      [ENDPOINTS.audit, batch.audit],
    ] as const) {
      const here = rejected.filter((message) => message.path === countedAs);
      this.outcomes.count(countedAs, 'stored', block.rows - here.length);
      for (const { reason } of here) this.outcomes.rejected(countedAs, reason);
    }
    if (rejected.length > 0) {
      this.logger.debug(`The database rejected ${rejected.length.toString()} messages of a batch.`);
    }
  }
}
