import { Injectable, Logger } from '@nestjs/common';
import { OutageLog } from '../../platform/async/index.js';
import { Settings } from '../../platform/config/index.js';
import { HeldBatches, MIN_BATCH_ID, NO_UNSTORED_BATCHES } from '../../storage/index.js';
import {
  type Batch,
  BatchQueue,
  ENDPOINTS,
  type JournalProblem,
  MessageOutcomes,
} from '../../telemetry/index.js';
import { DeliveryMetrics } from '../delivery.metrics.js';
import { type JournalEntry, JournalFullError, type JournalMove, lowerId } from '../journal/index.js';
import { JournalService } from '../journal.service.js';
import { Fifo } from './fifo.js';
import { type BatchHolder, OwnBatch, type QueuedBatch, rowsOf, sizeOf } from './queued-batch.js';

/*
 * States of the queue:
 *
 *   open     batches are pushed, taken by writers, and acknowledged
 *   ended    end(): writers get undefined instead of a batch; those in flight may still be acknowledged, and batches
 *            that are pushed remain
 *   closed   close(): what was not acknowledged is in the journal only. A batch that is pushed is counted as lost
 *
 * States of a batch. Those of the first two are in the collections `queued` and `inFlight`, the others in neither:
 *
 *   queued          push(), pushReplayed()
 *   in flight       take(): a writer has it, and retries until it is stored
 *   acknowledged    acknowledge() of the batch: its memory is freed, and the journal may remove it
 *   remaining       takeRemaining(), once the queue has ended: the caller journals it or counts it as lost
 *
 * Independent of both, the queue is full or not. It becomes full at its limits (see `limits`), and sockets are paused.
 * A full queue still accepts what was already read.
 *
 * Any other transition of the queue is a bug, and throws. A batch that is acknowledged but not in flight is a bug too,
 * which is logged: writers go on.
 */
type QueueState = 'open' | 'ended' | 'closed';

const TRANSITIONS: Readonly<Record<QueueState, QueueState | undefined>> = {
  open: 'ended',
  ended: 'closed',
  closed: undefined,
};

const MIB = 1024 * 1024;
/** Disk space reserved for data that sockets have received before they are paused: bytes. */
const JOURNAL_RESERVE = 8 * MIB;
/** A full queue is no longer full at this share of its memory limit, or with so much more space in the journal. */
const RESUME_SHARE = 0.75;

/** Queues batches in order until they are stored: in memory up to QUEUE_MAX_MIB, in the journal beyond. */
@Injectable()
export class DeliveryQueue extends BatchQueue {
  private readonly logger = new Logger(DeliveryQueue.name);
  private state: QueueState = 'open';
  private readonly queued = new Fifo<QueuedBatch>();
  /** In the order in which they were taken. */
  private readonly inFlight = new Set<QueuedBatch>();
  private readonly idleWriters = new Fifo<(item: QueuedBatch | undefined) => void>();
  private readonly fullListeners: ((full: boolean) => void)[] = [];
  private readonly partsListeners: (() => void)[] = [];
  private readonly memoryLimit: number;
  private memory = 0;
  /** Batches that are queued or in flight. */
  private unacknowledged = 0;
  private isFull = false;
  private pushedTooLate = 0;
  /** Ids of unstored batches that are in no journal, lowest first. */
  private unjournaled = new Set<string>();
  private lastId = MIN_BATCH_ID;
  /** The lowest id of a batch in a journal directory that was lost: the directory may be restored. */
  private lostFrom: string | undefined;
  private readonly journalOutage = new OutageLog(
    this.logger,
    {
      begins: (reason) => `The journal cannot be written. Batches are held in memory only: ${reason}`,
      ends: () => 'The journal can be written again.',
    },
    { level: 'error' },
  );
  private onIdle: (() => void) | undefined;
  private readonly holder: BatchHolder = {
    read: (entry) => this.journal.read(entry),
    holds: (entry) => this.journal.holds(entry),
    acknowledged: (item) => {
      if (!this.isInFlight(item)) return;
      if (item.entry !== undefined) this.journal.done(item.entry);
      if (item.batch !== undefined) this.unjournaled.delete(item.batch.id);
      this.acknowledged(item);
    },
  };

  constructor(
    private readonly settings: Settings,
    private readonly journal: JournalService,
    metrics: DeliveryMetrics,
    held: HeldBatches,
    private readonly outcomes: MessageOutcomes,
  ) {
    super();
    this.memoryLimit = settings.QUEUE_MAX_MIB * MIB;
    held.watch({ from: () => this.holdsFrom, count: () => this.unacknowledged });
    journal.onMove((move) => this.appendAgain(move));
    journal.onCheck(() => this.retryJournal());
    metrics.watch({
      batches: () => this.unacknowledged,
      memoryBytes: () => this.memory,
    });
  }

  override get full(): boolean {
    return this.isFull;
  }

  override get journalProblem(): JournalProblem | undefined {
    const { missingSince } = this.journal;
    if (missingSince !== undefined)
      return {
        reason: 'The directory of the journal is missing and cannot be created.',
        since: missingSince,
      };
    const { since } = this.journalOutage;
    return since && { reason: 'The journal cannot be written.', since };
  }

  override onFullChange(listener: (full: boolean) => void): void {
    this.fullListeners.push(listener);
  }

  override onPartsLost(listener: () => void): void {
    this.partsListeners.push(listener);
  }

  override get journalsParts(): boolean {
    return this.settings.JOURNAL_MODE === 'always';
  }

  override journalPart(part: Batch): boolean {
    try {
      this.journal.appendPart(part);
      return true;
    } catch (error) {
      // The complete batch follows soon. If it cannot be journaled either, that is logged.
      this.logger.debug(`A part of the open batch could not be journaled: ${String(error)}`);
      return false;
    }
  }

  override push(batch: Batch): void {
    if (this.state === 'closed') {
      this.lose(batch);
      return;
    }
    const size = sizeOf(batch);
    const fits = this.memory + size <= this.memoryLimit;
    const mode = this.settings.JOURNAL_MODE;
    const entry = mode === 'always' || (mode === 'overflow' && !fits) ? this.append(batch) : undefined;
    // A batch that cannot be journaled stays in memory, beyond the limit if necessary: it was already read.
    const held = fits || entry === undefined;
    this.lastId = batch.id;
    if (entry === undefined) this.unjournaled.add(batch.id);
    this.enqueue(new OwnBatch(this.holder, held ? batch : undefined, rowsOf(batch), held ? size : 0, entry));
  }

  /** The number of batches that were pushed to a closed queue. */
  get lost(): number {
    return this.pushedTooLate;
  }

  /** Queues a batch of an abandoned journal. Once the queue is closed, it stays in that journal. */
  pushReplayed(batch: Batch, acknowledge: () => void): void {
    if (this.state === 'closed') return;
    const item: QueuedBatch = {
      memory: sizeOf(batch),
      batch,
      rows: rowsOf(batch),
      replayed: true,
      durable: true,
      load: () => Promise.resolve(batch),
      acknowledge: () => {
        if (!this.isInFlight(item)) return;
        acknowledge();
        this.acknowledged(item);
      },
    };
    this.enqueue(item);
  }

  /** Waits for the next batch; undefined once the queue has ended. */
  take(): Promise<QueuedBatch | undefined> {
    if (this.state !== 'open') return Promise.resolve(undefined);
    const item = this.queued.shift();
    if (item !== undefined) {
      this.inFlight.add(item);
      return Promise.resolve(item);
    }
    return new Promise((resolve) => this.idleWriters.push(resolve));
  }

  /** Resolves when every batch is stored. */
  async idle(): Promise<void> {
    if (this.unacknowledged === 0) return;
    await new Promise<void>((resolve) => (this.onIdle = resolve));
  }

  end(): void {
    this.become('ended');
    for (let writer = this.idleWriters.shift(); writer !== undefined; writer = this.idleWriters.shift()) {
      writer(undefined);
    }
  }

  /** Removes and returns the batches that no writer has taken. */
  takeRemaining(): QueuedBatch[] {
    if (this.state !== 'ended')
      throw new Error(`Remaining batches were taken from a queue that is ${this.state}.`);
    const items: QueuedBatch[] = [];
    for (let item = this.queued.shift(); item !== undefined; item = this.queued.shift()) items.push(item);
    return items;
  }

  /** To be called when what remained is in the journal: nothing in memory will be stored any more. */
  close(): void {
    this.become('closed');
    this.unjournaled.clear();
  }

  /**
   * The lowest id of a batch that may still be stored, from memory or from the journal. Without one, it is that of the
   * last batch: the open batch has a higher id.
   */
  private get holdsFrom(): string {
    const [unjournaled] = this.unjournaled;
    const lowest = [this.journal.oldestId, this.lostFrom].reduce(lowerId, unjournaled);
    return lowest ?? (this.state === 'closed' ? NO_UNSTORED_BATCHES : this.lastId);
  }

  /**
   * The journal has a new directory: batches in memory are written to it. Batches that were only on disk may be gone,
   * which is counted when they are read.
   */
  private appendAgain({ from, to, oldestId }: JournalMove): void {
    let again = 0;
    let gone = 0;
    let messages = 0;
    for (const item of [...this.inFlight, ...this.queued]) {
      if (!(item instanceof OwnBatch)) continue;
      if (item.batch === undefined) {
        gone += 1;
        messages += item.rows.expiring + item.rows.audit;
      } else if (this.settings.JOURNAL_MODE === 'always') {
        item.entry = this.append(item.batch, true);
        if (item.entry === undefined) {
          this.unjournaled.add(item.batch.id);
        } else {
          this.unjournaled.delete(item.batch.id);
          again += 1;
        }
      }
    }
    if (gone > 0) this.lostFrom ??= oldestId;
    // In the order of ids again.
    this.unjournaled = new Set([...this.unjournaled].sort());
    this.logger.error(
      `The journal directory ${from} was removed or moved. Batches are now written to ${to}, including ` +
        `${again.toString()} that were in memory.` +
        (gone === 0
          ? ''
          : ` ${messages.toString()} messages in ${gone.toString()} batches were only in the former directory: ` +
            `they are lost unless it is restored.`),
    );
    for (const listener of this.partsListeners) listener();
    this.updateFull();
  }

  /**
   * Journals batches that could not be journaled before. Otherwise a full queue would stay full until the database stores
   * them.
   */
  private retryJournal(): void {
    if (this.settings.JOURNAL_MODE !== 'always' || this.state !== 'open' || this.unjournaled.size === 0)
      return;
    for (const item of [...this.inFlight, ...this.queued]) {
      if (!(item instanceof OwnBatch) || item.entry !== undefined || item.batch === undefined) continue;
      item.entry = this.append(item.batch);
      if (item.entry === undefined) return;
      this.unjournaled.delete(item.batch.id);
    }
    this.updateFull();
  }

  /** Sockets that did not end in time may still push a batch. */
  private lose(batch: Batch): void {
    const rows = rowsOf(batch);
    this.pushedTooLate += 1;
    this.outcomes.count(ENDPOINTS.expiring.countedAs, 'lost', rows.expiring);
    this.outcomes.count(ENDPOINTS.audit.countedAs, 'lost', rows.audit);
    const messages = (rows.expiring + rows.audit).toString();
    this.logger.error(`Lost ${messages} messages of a batch that was complete after the end of delivery.`);
  }

  private append(batch: Batch, beyondBound = false): JournalEntry | undefined {
    try {
      const entry = this.journal.append(batch, { beyondBound });
      this.journalOutage.succeeded();
      return entry;
    } catch (error) {
      if (!(error instanceof JournalFullError)) this.journalOutage.failed(error);
      return undefined;
    }
  }

  private enqueue(item: QueuedBatch): void {
    this.memory += item.memory;
    this.unacknowledged += 1;
    const writer = this.idleWriters.shift();
    if (writer === undefined) this.queued.push(item);
    else {
      this.inFlight.add(item);
      writer(item);
    }
    this.updateFull();
  }

  private isInFlight(item: QueuedBatch): boolean {
    if (this.inFlight.has(item)) return true;
    this.logger.error(
      'A batch was acknowledged that is not in flight.',
      new Error(`The queue is ${this.state}.`),
    );
    return false;
  }

  private acknowledged(item: QueuedBatch): void {
    this.inFlight.delete(item);
    this.memory -= item.memory;
    this.unacknowledged -= 1;
    this.updateFull();
    if (this.unacknowledged === 0) this.onIdle?.();
  }

  private become(next: QueueState): void {
    if (TRANSITIONS[this.state] !== next)
      throw new Error(`The queue cannot become ${next}: it is ${this.state}.`);
    this.state = next;
  }

  private updateFull(): void {
    const full = this.isFull ? !this.hasRoom(RESUME_SHARE) : !this.hasRoom(1);
    if (full === this.isFull) return;
    this.isFull = full;
    if (full) this.logger.warn(`Queue limit reached (${this.limits}); reading from nodes paused.`);
    else this.logger.log('Queue below limit; reading from nodes resumed.');
    for (const listener of this.fullListeners) listener(full);
  }

  /** The settings that limit the queue. */
  private get limits(): string {
    switch (this.settings.JOURNAL_MODE) {
      case 'off':
        return 'QUEUE_MAX_MIB';
      case 'overflow':
        return 'QUEUE_MAX_MIB and JOURNAL_MAX_MIB';
      case 'always':
        return this.journalOutage.since === undefined ? 'JOURNAL_MAX_MIB' : 'QUEUE_MAX_MIB';
    }
  }

  /** @param share 1, or RESUME_SHARE of a full queue, so that it does not change at every batch */
  private hasRoom(share: number): boolean {
    const inMemory = this.memory < share * this.memoryLimit;
    const onDisk = this.journal.hasRoomFor(JOURNAL_RESERVE / share);
    switch (this.settings.JOURNAL_MODE) {
      case 'off':
        return inMemory;
      case 'overflow':
        return inMemory || (onDisk && this.journalOutage.since === undefined);
      case 'always':
        return this.journalOutage.since !== undefined ? inMemory : onDisk;
    }
  }
}
