import { Injectable, Logger } from '@nestjs/common';
import { resolve } from 'node:path';
import { Settings } from '../platform/config/index.js';
import { describeError } from '../platform/errors/index.js';
import { CollectorId } from '../storage/index.js';
import type { Batch } from '../telemetry/index.js';
import { DeliveryMetrics } from './delivery.metrics.js';
import { Journal, type JournalEntry, type JournalMove, type AbandonedJournal } from './journal/index.js';

const MIB = 1024 * 1024;
/** For a directory that is removed while no batch is written. */
const CHECK_INTERVAL_MS = 1_000;

/** Opens, checks and closes the journal of this process. With JOURNAL_MODE=off there is none. */
@Injectable()
export class JournalService {
  private readonly logger = new Logger('Journal');
  private readonly listeners: ((move: JournalMove) => void)[] = [];
  private journal: Journal | undefined;
  private checks: NodeJS.Timeout | undefined;
  private missing: Date | undefined;
  private readonly checkListeners: (() => void)[] = [];

  constructor(
    private readonly settings: Settings,
    private readonly metrics: DeliveryMetrics,
    private readonly collector: CollectorId,
  ) {}

  /** Creates the directory of this process. */
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
    this.checks = setInterval(() => {
      this.check();
      for (const listener of this.checkListeners) listener();
    }, CHECK_INTERVAL_MS).unref();
    this.metrics.watch({
      journalBytes: () => journal.bytes,
      journalBatches: () => journal.entries,
      journalsLeftAlone: () => journal.leftAlone,
    });
  }

  get exists(): boolean {
    return this.journal !== undefined;
  }

  /** See {@link JournalOptions.onMove}. */
  onMove(listener: (move: JournalMove) => void): void {
    this.listeners.push(listener);
  }

  /** Whether a batch survives the end of this process. */
  holds(entry: JournalEntry): boolean {
    return this.journal?.holds(entry) ?? false;
  }

  /** The names of the directories of all processes on this volume. */
  async folders(): Promise<string[]> {
    return (await this.journal?.folders()) ?? [];
  }

  /** The lowest id of a batch of this process on disk, stored or not; undefined if there is none. */
  get oldestId(): string | undefined {
    return this.journal?.oldestId;
  }

  /** Creates another directory if that of this process was removed or moved. */
  check(): void {
    try {
      this.journal?.check();
      this.missing = undefined;
    } catch (error) {
      if (this.missing === undefined)
        this.logger.error(`The journal directory is missing and cannot be created: ${describeError(error)}`);
      this.missing ??= new Date();
    }
  }

  /** Since when the directory is missing; undefined if it is in place. */
  get missingSince(): Date | undefined {
    return this.missing;
  }

  /** @param listener is called once a second, after the check of the directory */
  onCheck(listener: () => void): void {
    this.checkListeners.push(listener);
  }

  hasRoomFor(bytes: number): boolean {
    return this.journal?.hasRoomFor(bytes) ?? false;
  }

  append(batch: Batch, options?: { beyondBound: boolean }): JournalEntry {
    return this.opened.append(batch, options);
  }

  appendPart(part: Batch): void {
    this.opened.appendPart(part);
  }

  read(entry: JournalEntry): Promise<Batch> {
    return this.opened.read(entry);
  }

  done(entry: JournalEntry): void {
    this.opened.done(entry);
  }

  async *abandonedJournals(): AsyncGenerator<AbandonedJournal, void, undefined> {
    if (this.journal !== undefined) yield* this.journal.abandonedJournals();
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
