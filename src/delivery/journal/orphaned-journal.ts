import { rmSync } from 'node:fs';
import type { LoggerService } from '@nestjs/common';
import type { Batch } from '../../telemetry/index.js';
import { BatchFormatError, JournalDamageError, JournalFormatError } from './journal.error.js';
import type { JournalDirectory } from './journal-directory.js';
import type { JournalEntry } from './journal-entry.js';
import { openBatchPath } from './open-batch-file.js';
import { openBatchBytes, readOpenBatch } from './read-open-batch.js';
import { readBatch } from './read-batch.js';
import { type FoundRecord, RecordReader } from './record-reader.js';
import type { JournalDamage } from './record.js';
import type { Segment } from './segment.js';

/** In the place of a segment, for the batch that was open. Segments begin at 1. */
const OPEN_BATCH = 0;

/** A batch that another process left behind, and where it lies. */
export interface OrphanedBatch {
  entry: JournalEntry;
  batch: Batch;
}

export interface OrphanedJournalOptions {
  onDamage: (damage: JournalDamage) => void;
  logger: Pick<LoggerService, 'warn'>;
  /** Called once, where it has something that this version does not know: from then on nothing in it is touched. */
  onLeftAlone: () => void;
  /** Called where it is not to be stored for now, with the reason. */
  onWithheld: (reason: string) => void;
  /** Called when it was removed or released; with true where files stay that cannot be read. */
  onEnd: (unreadable: boolean) => void;
}

/**
 * The journal of a process that is gone, adopted by this one. It is removed once all of its batches were
 * offered and are done. Among them may be some that were stored before that process went; their ids tell.
 */
export class OrphanedJournal {
  readonly #segments: Map<number, Segment>;
  #bytes = 0;
  #entries = 0;
  #offeredAll = false;
  #openBatchWaits = false;
  #unreadable = false;
  #leftAlone = false;
  #removed = false;
  #end: Promise<void> | undefined;

  private constructor(
    private readonly directory: JournalDirectory,
    segments: readonly Segment[],
    private readonly openBatchSize: number,
    private readonly options: OrphanedJournalOptions,
  ) {
    this.#segments = new Map(segments.map((segment) => [segment.number, segment]));
    this.#bytes = segments.reduce((sum, segment) => sum + segment.size, openBatchSize);
  }

  static async open(directory: JournalDirectory, options: OrphanedJournalOptions): Promise<OrphanedJournal> {
    const openBatchSize = await openBatchBytes(openBatchPath(directory.path));
    return new OrphanedJournal(directory, await directory.segments(), openBatchSize, options);
  }

  /** Of the process that left it. */
  get id(): string {
    return this.directory.id;
  }

  get path(): string {
    return this.directory.path;
  }

  /** On disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Batches that were offered and are not done yet. */
  get entries(): number {
    return this.#entries;
  }

  /** Whether it was removed or released. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** Whether all of it was stored, and no file of it is left. */
  get removed(): boolean {
    return this.#removed;
  }

  /**
   * The batches in the order in which they were appended, each read when it is asked for, and at last the one
   * that was open, unless that was appended as well. Damage is reported
   * and passed over; a file that the system does not let us read stays where it is, with a warning. So does all of it
   * from where something stands that this version does not know. To be gone through once; who stops early calls
   * {@link release}.
   */
  async *batches(): AsyncGenerator<OrphanedBatch, void, undefined> {
    try {
      yield* this.#allBatches();
    } catch (error) {
      if (!(error instanceof JournalFormatError)) throw error;
      this.#leaveAlone(error);
    }
    if (this.ended) return;
    this.#offeredAll = true;
    this.#endIfDone();
  }

  async *#allBatches(): AsyncGenerator<OrphanedBatch, void, undefined> {
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
        this.#stays(segment.path, error);
      }
    }
    try {
      yield* this.#openBatch(last.id);
    } catch (error) {
      this.#stays(openBatchPath(this.path), error);
    }
  }

  /**
   * Reads a batch again.
   *
   * @throws JournalDamageError which has been reported; the entry is then to be called done
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

  /** The batch is stored. */
  done(entry: JournalEntry): void {
    if (this.ended) return;
    if (entry.segment === OPEN_BATCH) {
      if (!this.#openBatchWaits) return;
      this.#openBatchWaits = false;
      this.#removeOpenBatch();
    } else {
      const segment = this.#segments.get(entry.segment);
      if (segment?.done(entry.offset) !== true) return;
      this.#removeIfFinished(segment);
    }
    this.#entries--;
    this.#endIfDone();
  }

  /** Leaves what is not done to another process; where all is done, waits until it is removed. */
  release(): Promise<void> {
    return (this.#end ??= this.#endWith(() => this.directory.release()));
  }

  /** It stays as it is until a person decides, and may be looked at again. To be called before any batch is done. */
  withhold(reason: string): Promise<void> {
    this.options.onWithheld(reason);
    return this.release();
  }

  async *#batchesOf(segment: Segment): AsyncGenerator<OrphanedBatch, void, undefined> {
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
  async *#openBatch(lastId: string): AsyncGenerator<OrphanedBatch, void, undefined> {
    const batch = await this.#readOpenBatch();
    // One that was closed is appended with more than lies here. Ids of a process are in the order of its batches.
    if (batch === undefined || batch.id <= lastId) {
      this.#removeOpenBatch();
      return;
    }
    this.#openBatchWaits = true;
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

  /** What cannot be removed is stored all the same: the directory is left, and whoever adopts it finds duplicates. */
  #remove(path: string, remove: () => void): void {
    try {
      remove();
    } catch (error) {
      this.#unreadable = true;
      this.options.logger.warn(`${path} could not be removed: ${String(error)}`);
    }
  }

  #leaveAlone(error: JournalFormatError): void {
    this.#unreadable = true;
    this.#leftAlone = true;
    this.options.logger.warn(`The journal ${this.path} is not replayed: ${String(error)}`);
    this.options.onLeftAlone();
  }

  #stays(path: string, error: unknown): void {
    if (error instanceof JournalFormatError) throw error;
    this.#unreadable = true;
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
    if (!segment.finished || this.#leftAlone) return;
    this.#segments.delete(segment.number);
    this.#remove(segment.path, () => segment.remove());
    this.#bytes -= segment.size;
  }

  #endIfDone(): void {
    if (this.ended || !this.#offeredAll || this.#entries > 0) return;
    const { directory } = this;
    if (this.#unreadable) this.#end = this.#endWith(() => directory.release());
    else this.#end = this.#endWith(() => directory.remove().then(() => void (this.#removed = true)));
  }

  async #endWith(end: () => void | Promise<void>): Promise<void> {
    try {
      await end();
    } catch (error) {
      this.options.logger.warn(`${this.path} could not be removed: ${String(error)}`);
    }
    this.#bytes = 0;
    this.options.onEnd(this.#unreadable);
  }
}
