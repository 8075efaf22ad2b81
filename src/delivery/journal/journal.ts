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
import { SegmentChain } from './segment-chain.js';

const MIB = 1024 * 1024;
const SEGMENT_BYTES = 32 * MIB;

export interface JournalOptions {
  /** Where all processes of this volume have their directories. */
  directory: string;
  /** Of the process, a UUIDv7: the name of its directory. By default a new one. */
  id?: string;
  /** How many bytes may be on disk: of this process, and of the journals that it adopted. */
  maxBytes: number;
  /** Called once for each damaged part that is met. */
  onDamage: (damage: JournalDamage) => void;
  logger: Pick<LoggerService, 'warn'>;
  /** How large a segment becomes. */
  segmentBytes?: number;
}

/**
 * Keeps batches on disk until they are stored: spool and write-ahead log in one.
 *
 * Each process has a directory of its own in it, with segments that batches are appended to, and the parts of
 * the batch that is open. Killing the process loses nothing that {@link append} or {@link keep} returned for: the kernel has it, and another process finds it by
 * {@link orphans}. Losing power may cost what the kernel had not written yet, since only {@link close} waits
 * for the disk.
 */
export class Journal {
  readonly maxBytes: number;
  readonly #segments: SegmentChain;
  readonly #openBatch: OpenBatchFile;
  readonly #orphanage: Orphanage;
  #closing: Promise<void> | undefined;

  private constructor(
    private readonly directory: JournalDirectory,
    private readonly options: JournalOptions,
  ) {
    this.maxBytes = options.maxBytes;
    // With a small bound, space must come back in small pieces.
    const segmentBytes = options.segmentBytes ?? Math.min(SEGMENT_BYTES, Math.ceil(options.maxBytes / 8));
    this.#openBatch = new OpenBatchFile(directory.path);
    try {
      this.#segments = new SegmentChain(directory.path, segmentBytes, options.logger);
    } catch (error) {
      this.#openBatch.close();
      throw error;
    }
    this.#orphanage = new Orphanage(options.directory, directory.id, options);
  }

  /**
   * Makes this process's own directory.
   *
   * @throws JournalUnavailableError where that fails; it says what to do
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const directory = await JournalDirectory.create(options.directory, options.id);
    try {
      return new Journal(directory, options);
    } catch (error) {
      await directory.remove().catch(() => undefined);
      throw new JournalUnavailableError(options.directory, error);
    }
  }

  /** This process's own directory. */
  get path(): string {
    return this.directory.path;
  }

  /** On disk: of this process, and of the journals that it adopted. */
  get bytes(): number {
    return this.#segments.bytes + this.#openBatch.size + this.#orphanage.bytes;
  }

  /** Of {@link bytes}, those of adopted journals. */
  get adoptedBytes(): number {
    return this.#orphanage.bytes;
  }

  /** Batches appended here and not stored yet. */
  get entries(): number {
    return this.#segments.entries;
  }

  /** The lowest id of a batch that is on disk here, be it stored already; undefined where there is none. */
  get oldestId(): string | undefined {
    return this.#segments.oldestId ?? this.#openBatch.id;
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
    const { parts, length } = this.#frame(batch);
    if (!beyondBound && !this.hasRoomFor(length - HEADER_BYTES)) {
      throw new JournalFullError(length, this.bytes, this.maxBytes);
    }
    if (this.bytes + length > this.maxBytes) this.#segments.reclaim();
    const entry = this.#writing(() => this.#segments.append(parts, length, batch.id));
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
   * @throws JournalFullError beyond `maxBytes`
   * @throws JournalWriteError where the file system refuses
   * @throws JournalClosedError
   */
  keep(part: Batch): void {
    const { parts, length } = this.#frame(part);
    if (!this.hasRoomFor(length + this.#openBatch.size - HEADER_BYTES)) {
      throw new JournalFullError(length, this.bytes, this.maxBytes);
    }
    this.#writing(() => this.#openBatch.append(part.id, parts, length));
  }

  /**
   * Reads a batch that is not stored yet.
   *
   * @throws JournalDamageError where it cannot be had any more. The damage has been reported; the entry is then
   *   to be called done.
   */
  async read(entry: JournalEntry): Promise<Batch> {
    const path = this.#segments.pathOf(entry.segment);
    if (path === undefined) throw new Error(`There is no segment ${entry.segment} in ${this.path}.`);
    try {
      return await readBatch(path, this.directory.format, entry);
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

  /** Leaves what waits to the next process, safely on disk, or removes the directory where nothing waits. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  #frame(batch: Batch): { parts: Buffer[]; length: number } {
    if (this.#closing !== undefined) throw new JournalClosedError();
    const parts = frameRecord(this.directory.format.marker, encodeBatch(batch));
    return { parts, length: parts.reduce((sum, part) => sum + part.length, 0) };
  }

  #writing<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      throw new JournalWriteError(this.path, error);
    }
  }

  async #close(): Promise<void> {
    await this.#orphanage.close();
    let left = 1;
    try {
      left = await this.#segments.close();
      if (!this.#openBatch.close()) left += 1;
      if (left > 0) await this.directory.sync();
    } finally {
      await (left > 0 ? this.directory.release() : this.directory.remove());
    }
  }
}
