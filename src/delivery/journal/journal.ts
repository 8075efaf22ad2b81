import type { LoggerService } from '@nestjs/common';
import type { Batch } from '../../telemetry/index.js';
import { encodeBatch } from './format/index.js';
import {
  JournalClosedError,
  JournalDamageError,
  JournalFullError,
  JournalUnavailableError,
  JournalWriteError,
} from './journal.error.js';
import { JournalDirectory } from './journal-directory.js';
import type { JournalEntry } from './journal-entry.js';
import { OpenBatchFile } from './open-batch-file.js';
import { Orphanage } from './orphanage.js';
import type { OrphanedJournal } from './orphaned-journal.js';
import { readBatch } from './read-batch.js';
import { frameRecord, HEADER_BYTES, type JournalDamage } from './record.js';
import { lowerId } from './lower-id.js';
import { SegmentChain } from './segment-chain.js';

const MIB = 1024 * 1024;
const SEGMENT_BYTES = 32 * MIB;
/** A directory that is removed while another is made takes more than one attempt. */
const MAX_MOVES = 3;

/** The directory of this process was removed or moved, and it works in another one from now on. */
export interface JournalMove {
  from: string;
  to: string;
  /** The lowest id of a batch that lay in the former directory, be it stored already; undefined where there was none. */
  oldestId: string | undefined;
}

export interface JournalOptions {
  /** Where all processes of this volume have their directories. */
  directory: string;
  /** Of the process, a UUIDv7: the name of its directory. By default a new one. */
  id?: string;
  /** How many bytes may be on disk: of this process, and of the journals that it adopted. */
  maxBytes: number;
  /** Called once for each damaged part that is met. */
  onDamage: (damage: JournalDamage) => void;
  /**
   * Called when this process has another directory, because its own was removed or moved. No entry and no part from
   * before can be read any more: what lies in memory is to be appended again, which {@link Journal.append} takes here.
   */
  onMove?: (move: JournalMove) => void;
  logger: Pick<LoggerService, 'warn'>;
  /** How large a segment becomes. */
  segmentBytes?: number;
}

/**
 * Keeps batches on disk until they are stored: spool and write-ahead log in one.
 *
 * Each process has a directory of its own in it, with segments that batches are appended to, and the parts of
 * the batch that is open. Killing the process loses nothing that {@link append} or {@link keep} returned for: the kernel has it, and another process finds it by
 * {@link orphans}. That holds as long as the directory is where it was made, which is made sure of with each batch and
 * part; where not, there is another directory at once. Losing power may cost what the kernel had not written yet, since only {@link close} waits
 * for the disk.
 */
export class Journal {
  readonly maxBytes: number;
  readonly #orphanage: Orphanage;
  readonly #segmentBytes: number;
  #directory: JournalDirectory;
  #segments: SegmentChain;
  #openBatch: OpenBatchFile;
  /** Of directories that were lost. What is in one must not come again beside the same batch with more in it. */
  readonly #formerOpenBatches = new Set<OpenBatchFile>();
  #moving = false;
  #lost = false;
  #closing: Promise<void> | undefined;

  private constructor(
    directory: JournalDirectory,
    private readonly options: JournalOptions,
  ) {
    this.maxBytes = options.maxBytes;
    // With a small bound, space must come back in small pieces.
    this.#segmentBytes = options.segmentBytes ?? Math.min(SEGMENT_BYTES, Math.ceil(options.maxBytes / 8));
    this.#directory = directory;
    [this.#segments, this.#openBatch] = this.#filesIn(directory, 1);
    this.#orphanage = new Orphanage(options.directory, directory.id, options);
  }

  /**
   * Makes this process's own directory.
   *
   * @throws JournalUnavailableError where that fails; it says what to do
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const directory = JournalDirectory.create(options.directory, options.id);
    try {
      return new Journal(directory, options);
    } catch (error) {
      await directory.remove().catch(() => undefined);
      throw new JournalUnavailableError(options.directory, error);
    }
  }

  /** This process's own directory. */
  get path(): string {
    return this.#directory.path;
  }

  /** On disk: of this process, and of the journals that it adopted. */
  get bytes(): number {
    return this.#segments.bytes + this.#openBatch.size + this.#orphanage.bytes;
  }

  /** Of {@link bytes}, those of adopted journals. */
  get adoptedBytes(): number {
    return this.#orphanage.bytes;
  }

  /** Whether a batch lies in the directory of this process. Not so where that was lost since, and there is no other. */
  holds(entry: JournalEntry): boolean {
    return !this.#lost && this.#segments.pathOf(entry.segment) !== undefined;
  }

  /** Batches appended here and not stored yet. */
  get entries(): number {
    return this.#segments.entries;
  }

  /** Names of the folders of all processes on this volume. */
  folders(): Promise<string[]> {
    return this.#orphanage.folders();
  }

  /** The lowest id of a batch that is on disk here, be it stored already; undefined where there is none. */
  get oldestId(): string | undefined {
    return lowerId(this.#segments.oldestId, this.#openBatch.id);
  }

  /** Journals of other processes that are not stored: this version cannot read them, or their ids are lost. */
  get leftAlone(): number {
    return this.#orphanage.leftAlone;
  }

  /** Whether a batch of this size, more or less, stays within the bound: its parts make room for it. */
  hasRoomFor(bytes: number): boolean {
    const { size } = this.#openBatch;
    return this.bytes - size - this.#segments.reclaimable + HEADER_BYTES + bytes <= this.maxBytes;
  }

  /**
   * Puts a batch at the end, in one write.
   *
   * @param beyondBound take it even if that exceeds `maxBytes`, as while the process stops
   * @throws JournalFullError beyond `maxBytes`. A batch larger than that never fits.
   * @throws JournalWriteError where the file system refuses. What it took of the batch is cut off again; once it
   *   has space, the journal goes on.
   * @throws JournalClosedError
   */
  append(batch: Batch, { beyondBound = false } = {}): JournalEntry {
    const append = (): JournalEntry => {
      const { parts, length } = this.#frame(batch);
      if (!beyondBound && !this.hasRoomFor(length - HEADER_BYTES)) {
        throw new JournalFullError(length, this.bytes, this.maxBytes);
      }
      if (this.bytes + length > this.maxBytes) this.#segments.reclaim();
      return this.#writing(() => this.#segments.append(parts, length, batch.id));
    };
    const isThere = (): boolean => this.#directory.isIntact() && this.#segments.currentHasItsName();
    const entry = this.#keptBy(append, isThere);
    this.#emptyFormer(batch.id);
    try {
      this.#openBatch.clear(batch.id);
    } catch (error) {
      // It is there twice then, and its id tells.
      this.options.logger.warn(`The parts of a batch could not be removed: ${String(error)}`);
    }
    return entry;
  }

  /**
   * Keeps a part of the batch that is open, behind those with the same id, until that is appended whole.
   *
   * @throws JournalWriteError where the directory was lost: then all of the batch is to be kept, as one part
   * @throws JournalFullError beyond `maxBytes`
   * @throws JournalWriteError where the file system refuses
   * @throws JournalClosedError
   */
  keep(part: Batch): void {
    const before = this.#directory;
    const keep = (): void => {
      // Of the parts before this one there are none in another directory: they come again with it.
      if (this.#directory !== before) throw new JournalWriteError(before.path, 'it was removed or moved');
      const { parts, length } = this.#frame(part);
      if (!this.hasRoomFor(length + this.#openBatch.size - HEADER_BYTES)) {
        throw new JournalFullError(length, this.bytes, this.maxBytes);
      }
      this.#writing(() => this.#openBatch.append(part.id, parts, length));
    };
    // This comes many times a batch: with that, more is looked at.
    this.#keptBy(keep, () => this.#openBatch.exists());
    this.#emptyFormer(part.id);
  }

  /**
   * Reads a batch that is not stored yet.
   *
   * @throws JournalDamageError where it cannot be had any more. The damage has been reported; the entry is then
   *   to be called done.
   */
  async read(entry: JournalEntry): Promise<Batch> {
    const path = this.#segments.pathOf(entry.segment);
    if (path === undefined) {
      // That has been told.
      const { offset, length: bytes } = entry;
      throw new JournalDamageError({ file: 'a lost directory', offset, bytes, reason: 'it is gone' });
    }
    try {
      return await readBatch(path, this.#directory.format, entry);
    } catch (error) {
      if (error instanceof JournalDamageError) this.options.onDamage(error.damage);
      throw error;
    }
  }

  /** The batch is stored. A second call does nothing. */
  done(entry: JournalEntry): void {
    // Once closed, the files may be another process's.
    if (this.#closing === undefined) this.#segments.done(entry);
  }

  /**
   * Adopts the journals that processes which are gone left behind, one after another, the oldest first. No two
   * processes adopt the same. May be called again at any time; what is of another version or cannot be read is
   * left alone, with one warning.
   */
  orphans(): AsyncGenerator<OrphanedJournal, void, undefined> {
    return this.#orphanage.find();
  }

  /**
   * Makes sure that the directory is where it was made, and makes another one where not.
   *
   * @throws JournalUnavailableError where that cannot be
   */
  check(): void {
    if (this.#closing === undefined && !this.#isIntact()) this.#move();
  }

  /** Leaves what waits to the next process, safely on disk, or removes the directory where nothing waits. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  #frame(batch: Batch): { parts: Buffer[]; length: number } {
    if (this.#closing !== undefined) throw new JournalClosedError();
    const parts = frameRecord(this.#directory.format.marker, encodeBatch(batch));
    return { parts, length: parts.reduce((sum, part) => sum + part.length, 0) };
  }

  #writing<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      throw error instanceof JournalWriteError ? error : new JournalWriteError(this.path, error);
    }
  }

  /**
   * Nothing counts as kept before its file was seen to have its name after the write.
   *
   * @param isThere whether what was written is where the next process finds it
   */
  #keptBy<T>(write: () => T, isThere: () => boolean): T {
    for (let moves = 0; ; moves++) {
      let failure: unknown;
      try {
        const result = write();
        if (this.#writing(isThere)) return result;
        failure = new JournalWriteError(this.path, 'it is removed repeatedly');
      } catch (error) {
        if (this.#isIntact()) throw error;
        failure = error;
      }
      if (this.#moving || moves >= MAX_MOVES) throw failure;
      this.#writing(() => this.#move());
    }
  }

  /** Whether all that this process works with is where it was made. What cannot be looked at for now counts as there. */
  #isIntact(): boolean {
    try {
      return this.#directory.isIntact() && this.#openBatch.hasItsName() && this.#segments.allHaveTheirNames();
    } catch {
      return true;
    }
  }

  /** @throws JournalUnavailableError */
  #move(): void {
    this.#lost = true;
    const from = this.#directory;
    const { oldestId } = this;
    const to = JournalDirectory.create(this.options.directory);
    try {
      const files = this.#filesIn(to, this.#segments.nextNumber);
      this.#segments.abandon();
      this.#formerOpenBatches.add(this.#openBatch);
      from.release();
      [this.#segments, this.#openBatch] = files;
    } catch (error) {
      to.release();
      throw new JournalUnavailableError(this.options.directory, error);
    }
    this.#directory = to;
    this.#lost = false;
    this.#orphanage.movedTo(to.id, from.id);
    this.#moving = true;
    try {
      this.options.onMove?.({ from: from.path, to: to.path, oldestId });
    } finally {
      this.#moving = false;
    }
  }

  /**
   * The open batch lies in this directory again, and perhaps with more in it. Were the former directory put back, its
   * parts would be taken for all of the batch.
   */
  #emptyFormer(batchId: string): void {
    for (const former of this.#formerOpenBatches) {
      if (former.id !== undefined && former.id !== batchId) continue;
      this.#formerOpenBatches.delete(former);
      try {
        former.clear();
        former.abandon();
      } catch (error) {
        this.options.logger.warn(
          `Parts of a batch remain in a lost directory: ${String(error)}`,
        );
      }
    }
  }

  #filesIn({ path }: JournalDirectory, firstNumber: number): [SegmentChain, OpenBatchFile] {
    const openBatch = new OpenBatchFile(path);
    try {
      return [new SegmentChain(path, this.#segmentBytes, this.options.logger, firstNumber), openBatch];
    } catch (error) {
      openBatch.close();
      throw error;
    }
  }

  async #close(): Promise<void> {
    for (const former of this.#formerOpenBatches) former.abandon();
    await this.#orphanage.close();
    if (!this.#isIntact()) {
      this.#segments.abandon();
      this.#openBatch.abandon();
      this.#directory.release();
      return;
    }
    let left = 1;
    try {
      left = await this.#segments.close();
      if (!this.#openBatch.close()) left += 1;
      if (left > 0) this.#directory.sync();
    } finally {
      if (left > 0) this.#directory.release();
      else await this.#directory.remove();
    }
  }
}
