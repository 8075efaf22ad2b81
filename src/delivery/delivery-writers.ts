import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Settings } from '../config/index.js';
import { type Batch, ENDPOINTS, MessageOutcomes } from '../telemetry/index.js';
import { BatchSink, type StoreResult } from './batch-sink.port.js';
import { DeliveryMetrics } from './delivery.metrics.js';
import { JournalDamageError } from './journal/index.js';
import { Outage, type OutageOf } from './outage.js';
import { DeliveryQueue } from './queue/delivery-queue.js';
import type { QueuedBatch } from './queue/queued-batch.js';

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 5_000;

/** Takes batches from the queue to the sink, `NUM_THREADS` at a time, each as often as it takes. */
@Injectable()
export class DeliveryWriters {
  private readonly logger = new Logger('Delivery');
  private readonly abort = new AbortController();
  private readonly unfinished: QueuedBatch[] = [];
  private running: Promise<void>[] = [];
  private settled = 0;

  constructor(
    private readonly settings: Settings,
    private readonly queue: DeliveryQueue,
    private readonly sink: BatchSink,
    private readonly outage: Outage,
    private readonly metrics: DeliveryMetrics,
    private readonly outcomes: MessageOutcomes,
  ) {}

  start(): void {
    this.running = Array.from({ length: this.settings.NUM_THREADS }, () => this.run());
  }

  /** Batches that are done with: it grows while the database takes them. */
  get progress(): number {
    return this.settled;
  }

  /** Gives up what is being written and returns it; whether it is stored is not known. */
  async stop(): Promise<QueuedBatch[]> {
    this.abort.abort(new Error('the process ends'));
    await Promise.all(this.running);
    return this.unfinished;
  }

  private async run(): Promise<void> {
    for (let item = await this.queue.take(); item !== undefined; item = await this.queue.take()) {
      await this.deliver(item);
    }
  }

  private async deliver(item: QueuedBatch): Promise<void> {
    let unreadable = false;
    for (let delay = FIRST_DELAY_MS; ; delay = Math.min(2 * delay, LONGEST_DELAY_MS)) {
      let at: OutageOf = 'journal';
      try {
        this.abort.signal.throwIfAborted();
        const startedAt = Date.now();
        const batch = await item.load();
        if (unreadable) this.outage.succeeded('journal');
        unreadable = false;
        at = 'database';
        const result = await this.sink.store(batch, this.abort.signal);
        item.settle();
        this.settled += 1;
        this.outage.succeeded('database');
        this.count(item, batch, result, startedAt);
        return;
      } catch (error) {
        if (error instanceof JournalDamageError) {
          this.lost(item);
          return;
        }
        if (this.abort.signal.aborted) {
          this.unfinished.push(item);
          return;
        }
        this.metrics.retried();
        this.outage.failed(at, error);
        unreadable ||= at === 'journal';
      }
      // Writers that failed together should not come back together.
      await sleep(delay * (0.5 + Math.random()), undefined, { signal: this.abort.signal }).catch(
        () => undefined,
      );
    }
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
    this.metrics.stored(duplicate ? 'duplicate' : 'stored', rows, startedAt, batch.firstReceivedAt);
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
      this.logger.debug(`The database refused ${refused.length.toString()} messages of a batch.`);
    }
  }
}
