import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Settings } from '../platform/config/index.js';
import { DatabaseClock, DatabaseWatch, HOUR_MS } from '../storage/index.js';
import { type Batch, ENDPOINTS, MessageOutcomes } from '../telemetry/index.js';
import { BatchSink, type StoreResult } from './batch-sink.port.js';
import { DeliveryMetrics } from './delivery.metrics.js';
import { JournalDamageError } from './journal/index.js';
import { Outage, type OutageOf } from './outage.js';
import { withoutImpossibleTimes, withPlausibleTimes } from './plausible-times.js';
import { DeliveryQueue } from './queue/delivery-queue.js';
import type { QueuedBatch } from './queue/queued-batch.js';
import { OtherSinks } from './sinks/index.js';
import { Stages } from './stages/index.js';
import type { UnfinishedBatch } from './unfinished-batch.js';

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 5_000;

/** Takes batches from the queue to the sinks, `NUM_THREADS` at a time, each as often as it takes. */
@Injectable()
export class DeliveryWriters {
  private readonly logger = new Logger('Delivery');
  private readonly abort = new AbortController();
  private readonly unfinished: UnfinishedBatch[] = [];
  private running: Promise<void>[] = [];
  private settled = 0;

  constructor(
    private readonly settings: Settings,
    private readonly queue: DeliveryQueue,
    private readonly sink: BatchSink,
    private readonly otherSinks: OtherSinks,
    private readonly stages: Stages,
    private readonly outage: Outage,
    private readonly watch: DatabaseWatch,
    private readonly metrics: DeliveryMetrics,
    private readonly outcomes: MessageOutcomes,
    private readonly clock: DatabaseClock,
  ) {}

  start(): void {
    this.running = Array.from({ length: this.settings.NUM_THREADS }, () => this.run());
  }

  /** Batches that are done with: it grows while the database takes them. */
  get progress(): number {
    return this.settled;
  }

  /** Gives up what is being written, and returns it. */
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
    if (batch === undefined || !(await this.bringToOthers(item, batch))) return;
    item.settle();
    this.settled += 1;
  }

  /** @returns the batch once the database has it; undefined where that is not to be */
  private async store(item: QueuedBatch): Promise<Batch | undefined> {
    let unreadable = false;
    for (const delay of delays()) {
      let at: OutageOf = 'journal';
      try {
        this.abort.signal.throwIfAborted();
        const startedAt = performance.now();
        const { batch, moved } = this.withPlausibleTimes(item, await item.load());
        if (unreadable) this.outage.succeeded('journal');
        unreadable = false;
        this.stages.expect(batch);
        at = 'database';
        const result = await this.sink.store(batch, this.abort.signal);
        this.outage.succeeded('database');
        this.watch.batchStored();
        this.count(item, batch, result, startedAt);
        if (!result.duplicate) this.tellOfTimes(item, batch, moved);
        const stored = result.storedAs ?? batch;
        this.stages.stored(stored, result.refused, batch.collector.number);
        return stored;
      } catch (error) {
        if (error instanceof JournalDamageError) {
          this.lost(item);
          return undefined;
        }
        if (this.abort.signal.aborted) {
          this.unfinished.push({ item, owedTo: undefined });
          return undefined;
        }
        this.metrics.retried();
        this.outage.failed(at, error);
        if (at === 'database' && this.outage.isOn(at)) this.watch.writeFailed(error);
        unreadable ||= at === 'journal';
      }
      await this.pause(delay);
    }
    return undefined;
  }

  /** When this process took a batch in is known, but not when another one did. */
  private withPlausibleTimes(item: QueuedBatch, batch: Batch): { batch: Batch; moved: number } {
    const now = this.clock.now();
    if (item.replayed) return withoutImpossibleTimes(batch, now);
    return withPlausibleTimes(batch, { now, startedAt: this.clock.startedAt, expiryMs: this.expiryMs });
  }

  private get expiryMs(): number {
    return this.settings.LOG_EXPIRY_H * HOUR_MS;
  }

  /** Once it is stored, however many attempts that took. */
  private tellOfTimes(item: QueuedBatch, { expiring: { rows, oldest } }: Batch, moved: number): void {
    if (moved > 0) {
      this.logger.warn(`${moved.toString()} messages had timestamps of a wrong clock and got the current time instead.`);
    }
    if (item.replayed && rows > 0 && oldest < this.clock.now() - this.expiryMs) {
      this.logger.warn(
        `A replayed batch has messages that have already expired (oldest: ${new Date(oldest).toISOString()}). They are stored, and the next purge removes them.`,
      );
    }
  }

  /** @returns whether every sink beside the database has it now */
  private async bringToOthers(item: QueuedBatch, batch: Batch): Promise<boolean> {
    const owedTo = this.otherSinks.creditors();
    if (owedTo.size === 0) return true;
    for (const delay of delays()) {
      try {
        await this.otherSinks.settle(batch, owedTo, this.abort.signal);
        this.outage.succeeded('sink');
        return true;
      } catch (error) {
        if (this.abort.signal.aborted) break;
        this.outage.failed('sink', error);
      }
      await this.pause(delay);
    }
    this.unfinished.push({ item, owedTo });
    return false;
  }

  /** Writers that failed together should not come back together. */
  private async pause(delayMs: number): Promise<void> {
    await sleep(delayMs * (0.5 + Math.random()), undefined, { signal: this.abort.signal }).catch(
      () => undefined,
    );
  }

  /** Disk damage took it: the journal has told of it. */
  private lost(item: QueuedBatch): void {
    item.settle();
    this.settled += 1;
    if (item.replayed) return;
    this.outcomes.count(ENDPOINTS.expiring.countedAs, 'lost', item.rows.expiring);
    this.outcomes.count(ENDPOINTS.audit.countedAs, 'lost', item.rows.audit);
  }

  /**
   * Where an attempt was committed without our hearing of it, the next one finds a duplicate. How many of its
   * messages the database refused is not known any more: they are counted as stored here, and are among the
   * rejected messages all the same.
   */
  private count(
    item: QueuedBatch,
    batch: Batch,
    { duplicate, refused }: StoreResult,
    startedAt: number,
  ): void {
    const rows = batch.expiring.rows + batch.audit.rows;
    this.metrics.stored(duplicate ? 'duplicate' : 'stored', rows, {
      writeMs: performance.now() - startedAt,
      lagMs: this.clock.now() - batch.firstReceivedAt,
    });
    if (item.replayed) {
      if (!duplicate) this.metrics.replayed(rows - refused.length);
      return;
    }
    for (const [{ countedAs }, block] of [
      [ENDPOINTS.expiring, batch.expiring],
      [ENDPOINTS.audit, batch.audit],
    ] as const) {
      const here = refused.filter((message) => message.path === countedAs);
      this.outcomes.count(countedAs, 'stored', block.rows - here.length);
      for (const { reason } of here) this.outcomes.rejected(countedAs, reason);
    }
    if (refused.length > 0) {
      this.logger.debug(`The database rejected ${refused.length.toString()} messages of a batch.`);
    }
  }
}

/** Between attempts, ever longer and without end: milliseconds. */
function* delays(): Generator<number> {
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(2 * delay, LONGEST_DELAY_MS)) yield delay;
}
