import { rmSync } from 'node:fs';
import type { LoggerService } from '@nestjs/common';
import type { Batch } from '../../telemetry/index.js';
import type { JournalDirectory } from './journal-directory.js';
import { BatchFormatError, JournalDamageError, JournalFormatError } from './journal.error.js';
import { openBatchBytes, openBatchPath, readOpenBatch } from './open-batch.js';
import {
  type FoundRecord,
  type JournalDamage,
  type JournalEntry,
  readBatch,
  RecordReader,
} from './records.js';
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
  onSkipped: () => void;
  /** Called if it must not be replayed yet, with the reason. */
  onWithheld: (reason: string) => void;
  /** Called when it is removed or released; `true` if files remain that cannot be read. */
  onEnd: (unreadable: boolean) => void;
}

/** The journal of an ended process. Some of its batches may be stored already, which their ids tell. */
export class AbandonedJournal {
  readonly #segments: Map<number, Segment>;
  #state: AbandonedJournalState = 'reading';
  #bytes = 0;
  #entries = 0;
  #openBatchIsPending = false;
  /** A file cannot be read or removed, or is not known: the directory is released rather than removed. */
  #keepsFiles = false;
  #isSkipped = false;
  #end: Promise<void> | undefined;

  private constructor(
    private readonly directory: JournalDirectory,
    segments: readonly Segment[],
    private readonly openBatchSize: number,
    private readonly options: AbandonedJournalOptions,
  ) {
    this.#segments = new Map(segments.map((segment) => [segment.number, segment]));
    this.#bytes = segments.reduce((sum, segment) => sum + segment.size, openBatchSize);
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
    return this.#bytes;
  }

  /** The number of batches that were returned and are not done yet. */
  get entries(): number {
    return this.#entries;
  }

  /** Whether it is removed or released, or will be in a moment. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  get removed(): boolean {
    return this.#state === 'removed';
  }

  /**
   * Returns the batches in the order in which they were appended, each read when it is requested, and then the open
   * batch unless it was appended too. Damage is reported and skipped. A file that cannot be read stays on disk, with a
   * warning; so do all files if something is found that this version does not know. To be iterated once; a caller that
   * stops early calls {@link release}.
   */
  async *batches(): AsyncGenerator<AbandonedBatch, void, undefined> {
    try {
      yield* this.#allBatches();
    } catch (error) {
      if (!(error instanceof JournalFormatError)) throw error;
      this.#skip(error);
    }
    if (this.ended) return;
    this.#become('replaying');
    this.#endIfDone();
  }

  async *#allBatches(): AsyncGenerator<AbandonedBatch, void, undefined> {
    const last = { id: '' };
    for (const segment of [...this.#segments.values()]) {
      try {
        for await (const found of this.#batchesOf(segment)) {
          last.id = found.batch.id;
          yield found;
        }
        if (this.ended) return;
        segment.seal();
        this.#removeIfFinished(segment);
      } catch (error) {
        this.#keep(segment.path, error);
      }
    }
    try {
      yield* this.#openBatch(last.id);
    } catch (error) {
      this.#keep(openBatchPath(this.path), error);
    }
  }

  /**
   * Reads a batch again.
   *
   * @throws JournalDamageError which was reported; the entry is then to be marked as done
   */
  async read(entry: JournalEntry): Promise<Batch> {
    if (entry.segment === OPEN_BATCH) {
      const batch = await this.#readOpenBatch();
      if (batch !== undefined) return batch;
    }
    const segment = this.#segments.get(entry.segment);
    if (segment === undefined) throw new Error(`${this.path} has no segment ${entry.segment}.`);
    try {
      return await readBatch(segment.path, this.directory.format, entry);
    } catch (error) {
      if (error instanceof JournalDamageError) this.options.onDamage(error.damage);
      throw error;
    }
  }

  /** Marks a batch as stored or lost. A second call does nothing. */
  done(entry: JournalEntry): void {
    if (this.ended) return;
    if (entry.segment === OPEN_BATCH) {
      if (!this.#openBatchIsPending) return;
      this.#openBatchIsPending = false;
      this.#removeOpenBatch();
    } else {
      const segment = this.#segments.get(entry.segment);
      if (segment?.done(entry.offset) !== true) return;
      this.#removeIfFinished(segment);
    }
    this.#entries--;
    this.#endIfDone();
  }

  /** Leaves it to other processes. If every batch is done already, waits until it is removed. */
  release(): Promise<void> {
    return (this.#end ??= this.#endAs('released', () => this.directory.release()));
  }

  /** Leaves it as it is, since an operator must decide. It may be taken over again. To be called before any `done`. */
  withhold(reason: string): Promise<void> {
    this.options.onWithheld(reason);
    return this.release();
  }

  async *#batchesOf(segment: Segment): AsyncGenerator<AbandonedBatch, void, undefined> {
    const { format } = this.directory;
    const messagesIn = (payload: Buffer): number | undefined => format.messagesIn(payload);
    for await (const found of RecordReader.read(segment.path, format.marker, messagesIn)) {
      if (this.ended) return;
      if (!('payload' in found)) {
        this.options.onDamage(found);
        continue;
      }
      const batch = this.#decode(segment, found);
      if (batch === undefined) continue;
      segment.expect(found.offset);
      this.#entries++;
      yield { entry: { segment: segment.number, offset: found.offset, length: found.length }, batch };
    }
  }

  /** @param lastId of the last batch that was appended */
  async *#openBatch(lastId: string): AsyncGenerator<AbandonedBatch, void, undefined> {
    const batch = await this.#readOpenBatch();
    // Ids of a process are ascending: a batch with a lower id was appended, with more in it than its parts here.
    if (batch === undefined || batch.id <= lastId) {
      this.#removeOpenBatch();
      return;
    }
    this.#openBatchIsPending = true;
    this.#entries++;
    yield { entry: { segment: OPEN_BATCH, offset: 0, length: this.openBatchSize }, batch };
  }

  #readOpenBatch(): Promise<Batch | undefined> {
    const { onDamage } = this.options;
    return readOpenBatch(openBatchPath(this.path), this.directory.format, onDamage);
  }

  #removeOpenBatch(): void {
    const path = openBatchPath(this.path);
    this.#remove(path, () => rmSync(path, { force: true }));
    this.#bytes -= this.openBatchSize;
  }

  /** If a file cannot be removed, the next process that takes the directory over finds duplicates. */
  #remove(path: string, remove: () => void): void {
    try {
      remove();
    } catch (error) {
      this.#keepsFiles = true;
      this.options.logger.warn(`${path} could not be removed: ${String(error)}`);
    }
  }

  #skip(error: JournalFormatError): void {
    this.#keepsFiles = true;
    this.#isSkipped = true;
    this.options.logger.warn(`The journal ${this.path} is not replayed: ${String(error)}`);
    this.options.onSkipped();
  }

  #keep(path: string, error: unknown): void {
    if (error instanceof JournalFormatError) throw error;
    this.#keepsFiles = true;
    this.options.logger.warn(`${path} cannot be read and stays on disk: ${String(error)}`);
  }

  #decode(segment: Segment, { offset, length, payload }: FoundRecord): Batch | undefined {
    try {
      return this.directory.format.decode(payload);
    } catch (error) {
      if (!(error instanceof BatchFormatError)) throw error;
      const messages = this.directory.format.messagesIn(payload);
      this.options.onDamage({ file: segment.path, offset, bytes: length, messages, reason: error.message });
      return undefined;
    }
  }

  #removeIfFinished(segment: Segment): void {
    if (!segment.finished || this.#isSkipped) return;
    this.#segments.delete(segment.number);
    this.#remove(segment.path, () => segment.remove());
    this.#bytes -= segment.size;
  }

  #endIfDone(): void {
    if (this.#state !== 'replaying' || this.#entries > 0) return;
    const { directory } = this;
    this.#end = this.#keepsFiles
      ? this.#endAs('released', () => directory.release())
      : this.#endAs('removed', () => directory.remove());
  }

  async #endAs(state: 'removed' | 'released', end: () => void | Promise<void>): Promise<void> {
    this.#become('ending');
    try {
      await end();
      this.#become(state);
    } catch (error) {
      this.#become('released');
      this.options.logger.warn(`${this.path} could not be removed: ${String(error)}`);
    }
    this.#bytes = 0;
    this.options.onEnd(this.#keepsFiles);
  }

  #become(next: AbandonedJournalState): void {
    if (!TRANSITIONS[this.#state].includes(next)) {
      throw new Error(`The journal ${this.path} cannot become ${next}: it is ${this.#state}.`);
    }
    this.#state = next;
  }
}
