import { Injectable, Logger } from '@nestjs/common';
import { resolve } from 'node:path';
import { Settings } from '../platform/config/index.js';
import { CollectorId } from '../storage/index.js';
import type { Batch } from '../telemetry/index.js';
import { DeliveryMetrics } from './delivery.metrics.js';
import { Journal, type JournalEntry, type JournalMove, type OrphanedJournal } from './journal/index.js';

const MIB = 1024 * 1024;
/** How soon it is noticed that the directory is gone, while no batch comes: milliseconds. */
const CHECK_INTERVAL_MS = 1_000;

/** The journal of this process, from its start to its end. In the mode `off` there is none. */
@Injectable()
export class JournalService {
  private readonly logger = new Logger('Journal');
  private readonly listeners: ((move: JournalMove) => void)[] = [];
  private journal: Journal | undefined;
  private checks: NodeJS.Timeout | undefined;
  private isGone = false;

  constructor(
    private readonly settings: Settings,
    private readonly metrics: DeliveryMetrics,
    private readonly collector: CollectorId,
  ) {}

  /** Takes a directory of its own. */
  async open(): Promise<void> {
    if (this.settings.JOURNAL_MODE === 'off') return;
    this.journal = await Journal.open({
      directory: resolve(this.settings.DATA_DIR, 'journal'),
      id: this.collector.id,
      maxBytes: this.settings.JOURNAL_MAX_MIB * MIB,
      logger: this.logger,
      onMove: (move) => {
        this.metrics.journalMoved();
        for (const listener of this.listeners) listener(move);
      },
      onDamage: ({ file, offset, bytes, messages, reason }) => {
        this.metrics.damaged(messages);
        const count = messages === undefined ? 'an unknown number of' : `at least ${messages.toString()}`;
        this.logger.error(
          `${file}: ${bytes.toString()} bytes at offset ${offset.toString()} are damaged and lost, with ${count} messages: ${reason}.`,
        );
      },
    });
    const journal = this.journal;
    this.checks = setInterval(() => this.check(), CHECK_INTERVAL_MS).unref();
    this.metrics.watch({
      journalBytes: () => journal.bytes,
      journalBatches: () => journal.entries,
      journalsLeftAlone: () => journal.leftAlone,
    });
  }

  get exists(): boolean {
    return this.journal !== undefined;
  }

  /** Calls back when the directory was lost, and there is another one: see {@link JournalOptions.onMove}. */
  onMove(listener: (move: JournalMove) => void): void {
    this.listeners.push(listener);
  }

  /** Whether the next process finds this batch, were this one to end. */
  holds(entry: JournalEntry): boolean {
    return this.journal?.holds(entry) ?? false;
  }

  /** Names of the folders of all processes on this volume. */
  async folders(): Promise<string[]> {
    return (await this.journal?.folders()) ?? [];
  }

  /** The lowest id of a batch of this process that is on disk, be it stored already; undefined where there is none. */
  get oldestId(): string | undefined {
    return this.journal?.oldestId;
  }

  /** Makes another directory where that of this process was removed or moved. */
  check(): void {
    try {
      this.journal?.check();
      this.isGone = false;
    } catch (error) {
      if (!this.isGone) this.logger.error(`The journal directory is missing and cannot be created: ${String(error)}`);
      this.isGone = true;
    }
  }

  hasRoomFor(bytes: number): boolean {
    return this.journal?.hasRoomFor(bytes) ?? false;
  }

  append(batch: Batch, options?: { beyondBound: boolean }): JournalEntry {
    return this.opened.append(batch, options);
  }

  keep(part: Batch): void {
    this.opened.keep(part);
  }

  read(entry: JournalEntry): Promise<Batch> {
    return this.opened.read(entry);
  }

  done(entry: JournalEntry): void {
    this.opened.done(entry);
  }

  async *orphans(): AsyncGenerator<OrphanedJournal, void, undefined> {
    if (this.journal !== undefined) yield* this.journal.orphans();
  }

  async close(): Promise<void> {
    clearInterval(this.checks);
    await this.journal?.close();
  }

  private get opened(): Journal {
    if (this.journal === undefined) throw new Error('There is no journal.');
    return this.journal;
  }
}
