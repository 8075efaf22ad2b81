import { rmSync } from 'node:fs';
import type { LoggerService } from '@nestjs/common';
import type { Batch } from '../../telemetry/index.js';
import type { JournalDirectory } from './journal-directory.js';
import { BatchFormatError, JournalFormatError } from './journal.error.js';
import { openBatchBytes, openBatchPath, readOpenBatch } from './open-batch.js';
import { type FoundRecord, type JournalDamage, type JournalEntry, RecordReader } from './records.js';
import type { Segment } from './segments.js';

/*
 * States of an abandoned journal that this process has taken over:
 *
 *   reading     batches() returns its batches, one at a time
 *   replaying   all batches were returned; some of them are not done() yet
 *   ending      its directory is being removed, or unlocked for other processes
 *   removed     every batch is done, and no file is left
 *   released    other processes may take it over: not every batch is done, or a file could not be read or removed
 *
 *   reading → replaying → ending → removed;  reading, replaying → ending → released
 *
 * Any other transition is a bug, and throws.
 */
type AbandonedJournalState = 'reading' | 'replaying' | 'ending' | 'removed' | 'released';

const TRANSITIONS: Readonly<Record<AbandonedJournalState, readonly AbandonedJournalState[]>> = {
  reading: ['replaying', 'ending'],
  replaying: ['ending'],
  ending: ['removed', 'released'],
  removed: [],
  released: [],
};

/** In entries, instead of the number of a segment: the batch in the file of the open batch. Segments begin at 1. */
const OPEN_BATCH = 0;

export interface AbandonedBatch {
  entry: JournalEntry;
  batch: Batch;
}

export interface AbandonedJournalOptions {
  onDamage: (damage: JournalDamage) => void;
  logger: Pick<LoggerService, 'warn'>;
  /** Called once if it has something that this version does not know. From then on nothing in it is removed. */
  onLeftAlone: () => void;
  /** Called if it must not be replayed yet, with the reason. */
  onWithheld: (reason: string) => void;
  /** Called when it is removed or released; `true` if files remain that cannot be read. */
  onEnd: (unreadable: boolean) => void;
}

/** The journal of an ended process. Some of its batches may be stored already, which their ids tell. */
export class AbandonedJournal {
  private readonly segments: Map<number, Segment>;
  private state: AbandonedJournalState = 'reading';
  private byteCount = 0;
  private entryCount = 0;
  private openBatchIsPending = false;
  /** A file cannot be read or removed, or is not known: the directory is released rather than removed. */
  private keepsFiles = false;
  private isLeftAlone = false;
  private end: Promise<void> | undefined;

  private constructor(
    private readonly directory: JournalDirectory,
    segments: readonly Segment[],
    private readonly openBatchSize: number,
    private readonly options: AbandonedJournalOptions,
  ) {
    this.segments = new Map(segments.map((segment) => [segment.number, segment]));
    this.byteCount = segments.reduce((sum, segment) => sum + segment.size, openBatchSize);
  }

  /** @param directory which this process has locked */
  static async open(
    directory: JournalDirectory,
    options: AbandonedJournalOptions,
  ): Promise<AbandonedJournal> {
    const openBatchSize = await openBatchBytes(openBatchPath(directory.path));
    return new AbandonedJournal(directory, await directory.segments(), openBatchSize, options);
  }

  /** The id of its process. */
  get id(): string {
    return this.directory.id;
  }

  get path(): string {
    return this.directory.path;
  }

  /** The size on disk. */
  get bytes(): number {
    return this.byteCount;
  }

  /** The number of batches that were returned and are not done yet. */
  get entries(): number {
    return this.entryCount;
  }

  /** Whether it is removed or released, or will be in a moment. */
  get ended(): boolean {
    return this.end !== undefined;
  }

  get removed(): boolean {
    return this.state === 'removed';
  }

  /**
   * Returns the batches in the order in which they were appended, each read when it is requested, and then the open
   * batch unless it was appended too. Damage is reported and skipped. A file that cannot be read stays on disk, with a
   * warning; so do all files if something is found that this version does not know. To be iterated once; a caller that
   * stops early calls {@link release}.
   */
  async *batches(): AsyncGenerator<AbandonedBatch, void, undefined> {
    try {
      yield* this.allBatches();
    } catch (error) {
      if (!(error instanceof JournalFormatError)) throw error;
      this.skip(error);
    }
    if (this.ended) return;
    this.become('replaying');
    this.endIfDone();
  }

  private async *allBatches(): AsyncGenerator<AbandonedBatch, void, undefined> {
    let highestId = '';
    for (const segment of [...this.segments.values()]) {
      try {
        for await (const found of this.batchesOf(segment)) {
          if (found.batch.id > highestId) highestId = found.batch.id;
          yield found;
        }
        if (this.ended) return;
        segment.seal();
        this.removeIfFinished(segment);
      } catch (error) {
        this.keep(segment.path, error);
      }
    }
    try {
      yield* this.openBatch(highestId);
    } catch (error) {
      this.keep(openBatchPath(this.path), error);
    }
  }

  /** Marks a batch as stored or lost. A second call does nothing. */
  done(entry: JournalEntry): void {
    if (this.ended) return;
    if (entry.segment === OPEN_BATCH) {
      if (!this.openBatchIsPending) return;
      this.openBatchIsPending = false;
      this.removeOpenBatch();
    } else {
      const segment = this.segments.get(entry.segment);
      if (segment?.done(entry.offset) !== true) return;
      this.removeIfFinished(segment);
    }
    this.entryCount--;
    this.endIfDone();
  }

  /** Leaves it to other processes. If every batch is done already, waits until it is removed. */
  release(): Promise<void> {
    return (this.end ??= this.endAs('released', () => this.directory.release()));
  }

  /** Leaves it as it is, since an operator must decide. It may be taken over again; then stored batches are duplicates. */
  withhold(reason: string): Promise<void> {
    this.options.onWithheld(reason);
    return this.release();
  }

  private async *batchesOf(segment: Segment): AsyncGenerator<AbandonedBatch, void, undefined> {
    const { format } = this.directory;
    const messagesIn = (payload: Buffer): number | undefined => format.messagesIn(payload);
    for await (const found of RecordReader.read(segment.path, format.marker, messagesIn)) {
      if (this.ended) return;
      if (!('payload' in found)) {
        this.options.onDamage(found);
        continue;
      }
      const batch = this.decode(segment, found);
      if (batch === undefined) continue;
      segment.addPending(found.offset);
      this.entryCount++;
      yield { entry: { segment: segment.number, offset: found.offset, length: found.length }, batch };
    }
  }

  /** @param highestId of the batches that were appended */
  private async *openBatch(highestId: string): AsyncGenerator<AbandonedBatch, void, undefined> {
    const batch = await this.readOpenBatch();
    // Each batch has a higher id than those before it. If this is not the newest, it was appended, perhaps with more.
    if (batch === undefined || batch.id <= highestId) {
      this.removeOpenBatch();
      return;
    }
    this.openBatchIsPending = true;
    this.entryCount++;
    yield { entry: { segment: OPEN_BATCH, offset: 0, length: this.openBatchSize }, batch };
  }

  private readOpenBatch(): Promise<Batch | undefined> {
    const { onDamage } = this.options;
    return readOpenBatch(openBatchPath(this.path), this.directory.format, onDamage);
  }

  private removeOpenBatch(): void {
    const path = openBatchPath(this.path);
    this.remove(path, () => rmSync(path, { force: true }));
    this.byteCount -= this.openBatchSize;
  }

  /** If a file cannot be removed, the next process replays it again, and the database recognizes the ids. */
  private remove(path: string, remove: () => void): void {
    try {
      remove();
    } catch (error) {
      this.keepsFiles = true;
      this.options.logger.warn(`${path} could not be removed: ${String(error)}`);
    }
  }

  private skip(error: JournalFormatError): void {
    this.keepsFiles = true;
    this.isLeftAlone = true;
    this.options.logger.warn(`The journal ${this.path} is left alone: ${String(error)}`);
    this.options.onLeftAlone();
  }

  private keep(path: string, error: unknown): void {
    if (error instanceof JournalFormatError) throw error;
    this.keepsFiles = true;
    this.options.logger.warn(`${path} cannot be read and stays on disk: ${String(error)}`);
  }

  /** A record that is intact and yet no batch stays on disk: it is a fault of the server, not of the disk. */
  private decode(segment: Segment, { offset, payload }: FoundRecord): Batch | undefined {
    try {
      return this.directory.format.decode(payload);
    } catch (error) {
      if (!(error instanceof BatchFormatError)) throw error;
      segment.addPending(offset);
      this.keep(`The record at offset ${offset} of ${segment.path}`, error);
      return undefined;
    }
  }

  private removeIfFinished(segment: Segment): void {
    if (!segment.finished || this.isLeftAlone) return;
    this.segments.delete(segment.number);
    this.remove(segment.path, () => segment.remove());
    this.byteCount -= segment.size;
  }

  private endIfDone(): void {
    if (this.state !== 'replaying' || this.entryCount > 0) return;
    const { directory } = this;
    this.end = this.keepsFiles
      ? this.endAs('released', () => directory.release())
      : this.endAs('removed', () => directory.remove());
  }

  private async endAs(state: 'removed' | 'released', end: () => void | Promise<void>): Promise<void> {
    this.become('ending');
    try {
      await end();
      this.become(state);
    } catch (error) {
      this.become('released');
      this.options.logger.warn(`${this.path} could not be removed: ${String(error)}`);
    }
    this.byteCount = 0;
    this.options.onEnd(this.keepsFiles);
  }

  private become(next: AbandonedJournalState): void {
    if (!TRANSITIONS[this.state].includes(next)) {
      throw new Error(`The journal ${this.path} cannot become ${next}: it is ${this.state}.`);
    }
    this.state = next;
  }
}
