import { Injectable, Logger } from '@nestjs/common';
import { OutageLog } from '../../platform/async/index.js';
import { Settings } from '../../platform/config/index.js';
import { HeldBatches, NOTHING_HELD, NOTHING_KNOWN } from '../../storage/index.js';
import { type Batch, BatchQueue } from '../../telemetry/index.js';
import { DeliveryMetrics } from '../delivery.metrics.js';
import { type JournalEntry, JournalFullError, type JournalMove, lowerId } from '../journal/index.js';
import { JournalService } from '../journal.service.js';
import { Fifo } from './fifo.js';
import { type BatchHolder, OwnBatch } from './own-batch.js';
import { type BatchRows, type QueuedBatch, rowsOf, sizeOf } from './queued-batch.js';

const MIB = 1024 * 1024;
/** Room on disk that is kept for what the sockets have already sent when they are paused. */
const JOURNAL_MARGIN = 8 * MIB;
/** Sockets are read again once this much of the bound in memory is free. */
const RESUME_SHARE = 0.75;

/** Holds batches in order until a writer takes them: a bounded number of bytes in memory, the others in the journal. */
@Injectable()
export class DeliveryQueue extends BatchQueue {
  private readonly logger = new Logger(DeliveryQueue.name);
  private readonly waiting = new Fifo<QueuedBatch>();
  private readonly takers = new Fifo<(item: QueuedBatch | undefined) => void>();
  private readonly listeners: ((full: boolean) => void)[] = [];
  private readonly partsListeners: (() => void)[] = [];
  /** What writers have, in order. */
  private readonly taken = new Set<QueuedBatch>();
  private readonly memoryBound: number;
  /** Ids of batches that are in no journal and not stored yet, lowest first. */
  private inMemory = new Set<string>();
  private lastId = NOTHING_KNOWN;
  private isLeft = false;
  /** The lowest id in a directory that was lost with batches: it may be put back. */
  private lostFrom: string | undefined;
  private memory = 0;
  private unsettled = 0;
  private isFull = false;
  private ended = false;
  private readonly journalOutage = new OutageLog(
    this.logger,
    {
      begins: (reason) => `Batches are kept in memory only: ${reason}`,
      ends: () => 'The journal takes batches again.',
    },
    { level: 'error' },
  );
  private onIdle: (() => void) | undefined;
  private readonly holder: BatchHolder = {
    read: (entry) => this.journal.read(entry),
    holds: (entry) => this.journal.holds(entry),
    settled: (item) => {
      if (item.entry !== undefined) this.journal.done(item.entry);
      if (item.batch !== undefined) this.inMemory.delete(item.batch.id);
      this.settled(item);
    },
  };

  constructor(
    private readonly settings: Settings,
    private readonly journal: JournalService,
    metrics: DeliveryMetrics,
    held: HeldBatches,
  ) {
    super();
    held.watch(() => this.holdsFrom);
    this.memoryBound = settings.QUEUE_MAX_MIB * MIB;
    journal.onMove((move) => this.appendAgain(move));
    metrics.watch({
      batches: () => this.unsettled,
      memoryBytes: () => this.memory,
    });
  }

  override get full(): boolean {
    return this.isFull;
  }

  override onFullChange(listener: (full: boolean) => void): void {
    this.listeners.push(listener);
  }

  override onPartsLost(listener: () => void): void {
    this.partsListeners.push(listener);
  }

  override get journalsParts(): boolean {
    return this.settings.JOURNAL_MODE === 'always';
  }

  override journalPart(part: Batch): boolean {
    try {
      this.journal.keep(part);
      return true;
    } catch (error) {
      // The whole batch comes soon, and its failure is told.
      this.logger.debug(`A kill would cost a part of the batch that is open: ${String(error)}`);
      return false;
    }
  }

  override push(batch: Batch): void {
    const size = sizeOf(batch);
    const fits = this.memory + size <= this.memoryBound;
    const mode = this.settings.JOURNAL_MODE;
    const entry = mode === 'always' || (mode === 'overflow' && !fits) ? this.append(batch) : undefined;
    // What the journal does not take stays in memory, beyond the bound if need be: it has been read already.
    const held = fits || entry === undefined;
    this.lastId = batch.id;
    if (entry === undefined) this.inMemory.add(batch.id);
    this.enqueue(new OwnBatch(this.holder, held ? batch : undefined, rowsOf(batch), held ? size : 0, entry));
  }

  /** Puts a batch in line that another process has left behind. */
  pushReplayed(rows: BatchRows, load: () => Promise<Batch>, settle: () => void): void {
    const item: QueuedBatch = {
      memory: 0,
      batch: undefined,
      rows,
      replayed: true,
      durable: true,
      load,
      settle: () => {
        settle();
        this.settled(item);
      },
    };
    this.enqueue(item);
  }

  /** The next batch, as soon as there is one; undefined once the queue has ended. */
  take(): Promise<QueuedBatch | undefined> {
    if (this.ended) return Promise.resolve(undefined);
    const item = this.waiting.shift();
    if (item !== undefined) {
      this.taken.add(item);
      return Promise.resolve(item);
    }
    return new Promise((resolve) => this.takers.push(resolve));
  }

  /** Resolves when everything is stored. */
  async idle(): Promise<void> {
    if (this.unsettled === 0) return;
    await new Promise<void>((resolve) => (this.onIdle = resolve));
  }

  /** Lets writers go home. */
  end(): void {
    this.ended = true;
    for (let taker = this.takers.shift(); taker !== undefined; taker = this.takers.shift()) taker(undefined);
  }

  /** What is in the journal is all that is left: nothing in memory will be stored any more. */
  leave(): void {
    this.inMemory.clear();
    this.isLeft = true;
  }

  /**
   * The lowest id of a batch that may be stored from here, or out of the journal. Where there is none, a batch that is
   * open has a higher one than the last that was pushed.
   */
  private get holdsFrom(): string {
    const [inMemory] = this.inMemory;
    const lowest = [this.journal.oldestId, this.lostFrom].reduce(lowerId, inMemory);
    return lowest ?? (this.isLeft ? NOTHING_HELD : this.lastId);
  }

  /** What no writer has taken, after the end. */
  leftovers(): QueuedBatch[] {
    const items: QueuedBatch[] = [];
    for (let item = this.waiting.shift(); item !== undefined; item = this.waiting.shift()) items.push(item);
    return items;
  }

  /**
   * The journal has another directory: what lies in memory is put there, and what lay on disk only may be gone. It is
   * counted as lost when its turn comes.
   */
  private appendAgain({ from, to, oldestId }: JournalMove): void {
    let again = 0;
    let gone = 0;
    let messages = 0;
    for (const item of [...this.taken, ...this.waiting]) {
      if (!(item instanceof OwnBatch)) continue;
      if (item.batch === undefined) {
        gone += 1;
        messages += item.rows.expiring + item.rows.audit;
      } else if (this.settings.JOURNAL_MODE === 'always') {
        item.entry = this.append(item.batch, true);
        if (item.entry === undefined) this.inMemory.add(item.batch.id);
        else again += 1;
      }
    }
    if (gone > 0) this.lostFrom ??= oldestId;
    // In the order of their ids again.
    this.inMemory = new Set([...this.inMemory].sort());
    this.logger.error(
      `The directory of the journal, ${from}, was removed or moved. Batches go to ${to} from now on, and ` +
        `${again.toString()} that lay in memory were written there again.` +
        (gone === 0
          ? ''
          : ` ${messages.toString()} messages, in ${gone.toString()} batches, lay only in the former directory: ` +
            `they are lost, unless it is put back.`),
    );
    for (const listener of this.partsListeners) listener();
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
    this.unsettled += 1;
    const taker = this.takers.shift();
    if (taker === undefined) this.waiting.push(item);
    else {
      this.taken.add(item);
      taker(item);
    }
    this.updateFull();
  }

  private settled(item: QueuedBatch): void {
    this.taken.delete(item);
    this.memory -= item.memory;
    this.unsettled -= 1;
    this.updateFull();
    if (this.unsettled === 0) this.onIdle?.();
  }

  private updateFull(): void {
    const full = this.isFull ? !this.hasRoom(RESUME_SHARE) : !this.hasRoom(1);
    if (full === this.isFull) return;
    this.isFull = full;
    if (full) this.logger.warn('Memory and journal are full: nodes are not read from until there is room.');
    else this.logger.log('There is room again: nodes are read from.');
    for (const listener of this.listeners) listener(full);
  }

  /** @param share of the bound in memory that may be in use */
  private hasRoom(share: number): boolean {
    const inMemory = this.memory < share * this.memoryBound;
    const onDisk = this.journal.hasRoomFor(JOURNAL_MARGIN / share);
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
