import type { LoggerService } from '@nestjs/common';
import type { Batch } from '../../telemetry/index.js';
import type { AbandonedJournal } from './abandoned-journal.js';
import { encodeBatch } from './format/index.js';
import {
  JournalClosedError,
  JournalDamageError,
  JournalFullError,
  JournalUnavailableError,
  JournalWriteError,
} from './journal.error.js';
import { JournalDirectory } from './journal-directory.js';
import { JournalRecovery } from './journal-recovery.js';
import { OpenBatchFile } from './open-batch.js';
import { frameRecord, type JournalDamage, type JournalEntry, readBatch } from './records.js';
import { lowerId, SegmentChain } from './segments.js';

/*
 * States of the journal of this process:
 *
 *   open        batches and parts are written to its directory
 *   lost        the directory was removed or moved. Every write, and check(), tries to create another one, unless the
 *               directory is back
 *   refilling   there is another directory, and onMove() appends to it again what is in memory
 *   closed      close() was called: the files may belong to another process
 *
 *   open → lost → refilling → open;  lost → open;  open, lost → closed
 *
 * A loss while it is refilling fails the write, and is handled by the next one. Any other transition is a bug, and throws.
 */
type JournalState = 'open' | 'lost' | 'refilling' | 'closed';

const TRANSITIONS: Readonly<Record<JournalState, readonly JournalState[]>> = {
  open: ['lost', 'closed'],
  lost: ['refilling', 'open', 'closed'],
  refilling: ['open'],
  closed: [],
};

const MIB = 1024 * 1024;
const SEGMENT_BYTES = 32 * MIB;
/** A directory that is removed while it is created needs more than one attempt. */
const MAX_MOVES = 3;

/** The directory of this process was removed or moved, and another one was created. */
export interface JournalMove {
  from: string;
  to: string;
  /** The lowest id of a batch in the former directory, stored or not; undefined if there was none. */
  oldestId: string | undefined;
}

export interface JournalOptions {
  /** The parent of the directories of all processes on this volume. */
  directory: string;
  /** The name of the directory: a UUIDv7, by default a new one. */
  id?: string;
  /** The limit on disk, for this process and the journals that it has taken over: bytes. */
  maxBytes: number;
  /** Called once for each damaged section that is found. */
  onDamage: (damage: JournalDamage) => void;
  /**
   * Called after another directory was created. What was in the former one cannot be read any more: batches in memory are
   * to be appended again, which is allowed from within this call.
   */
  onMove?: (move: JournalMove) => void;
  logger: Pick<LoggerService, 'warn'>;
  /** The maximum size of a segment. */
  segmentBytes?: number;
}

/**
 * Stores batches on disk until a sink has stored them: a write-ahead log that is also the queue on disk.
 *
 * Each process has a directory with segments, to which batches are appended, and a file with the parts of the open
 * batch. If the process is killed, nothing is lost that {@link append} or {@link appendPart} returned for: the kernel has
 * it, and another process finds it by {@link abandonedJournals}. To hold that promise, every write checks that the
 * directory is still in place. A power failure may cost what the kernel had not written: only {@link close} calls fsync.
 */
export class Journal {
  readonly maxBytes: number;
  private readonly recovery: JournalRecovery;
  private readonly segmentBytes: number;
  private state: JournalState = 'open';
  private folder: JournalDirectory;
  private segments: SegmentChain;
  private openBatch: OpenBatchFile;
  /** In lost directories. Their parts must not be replayed besides the same batch with more in it. */
  private readonly formerOpenBatches = new Set<OpenBatchFile>();
  private closing: Promise<void> | undefined;

  private constructor(
    directory: JournalDirectory,
    private readonly options: JournalOptions,
  ) {
    this.maxBytes = options.maxBytes;
    // With a low limit, space must be freed in small pieces.
    this.segmentBytes = options.segmentBytes ?? Math.min(SEGMENT_BYTES, Math.ceil(options.maxBytes / 8));
    this.folder = directory;
    [this.segments, this.openBatch] = this.filesIn(directory, 1);
    this.recovery = new JournalRecovery(options.directory, directory.id, options);
  }

  /**
   * Creates the directory of this process.
   *
   * @throws JournalUnavailableError which says what to do
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

  /** The directory of this process. */
  get path(): string {
    return this.folder.path;
  }

  /** The size on disk, including journals that were taken over. */
  get bytes(): number {
    return this.segments.bytes + this.openBatch.size + this.recovery.bytes;
  }

  /** The part of {@link bytes} in journals that were taken over. */
  get takenOverBytes(): number {
    return this.recovery.bytes;
  }

  /** Whether a batch is in the directory of this process, so that a later process finds it. */
  holds(entry: JournalEntry): boolean {
    return this.state !== 'lost' && this.segments.pathOf(entry.segment) !== undefined;
  }

  /** The number of batches that were appended and are not stored yet. */
  get entries(): number {
    return this.segments.entries;
  }

  /** The names of the directories of all processes on this volume. */
  folders(): Promise<string[]> {
    return this.recovery.folders();
  }

  /** The lowest id of a batch on disk, stored or not; undefined if there is none. */
  get oldestId(): string | undefined {
    return lowerId(this.segments.oldestId, this.openBatch.id);
  }

  /** The number of abandoned journals that are not replayed: this version cannot read them, or they are withheld. */
  get leftAlone(): number {
    return this.recovery.leftAlone;
  }

  /** Whether so many bytes fit, beside what must stay: parts of the open batch and stored batches make room. */
  hasRoomFor(bytes: number): boolean {
    return this.bytes - this.openBatch.size - this.segments.reclaimable + bytes <= this.maxBytes;
  }

  /**
   * Appends a batch, in one write.
   *
   * @param beyondBound append it even beyond `maxBytes`, as during a stop
   * @throws JournalFullError beyond `maxBytes`. A batch larger than that never fits.
   * @throws JournalWriteError if the file system fails. A partial write is truncated; later writes may succeed.
   * @throws JournalClosedError
   */
  append(batch: Batch, { beyondBound = false } = {}): JournalEntry {
    const append = (): JournalEntry => {
      const { buffers, length } = this.frame(batch);
      if (!beyondBound && !this.hasRoomFor(length)) {
        throw new JournalFullError(length, this.bytes, this.maxBytes);
      }
      if (this.bytes + length > this.maxBytes) this.segments.reclaim();
      return this.asWriteError(() => this.segments.append(buffers, length, batch.id));
    };
    const isInPlace = (): boolean => this.folder.isIntact() && this.segments.currentIsInPlace();
    const entry = this.writeInPlace(append, isInPlace);
    this.clearFormer(batch.id);
    try {
      this.openBatch.clear(batch.id);
    } catch (error) {
      // The batch is on disk twice then, under the same id.
      this.options.logger.warn(`The parts of a batch could not be removed: ${String(error)}`);
    }
    return entry;
  }

  /**
   * Appends a part of the open batch to the parts with the same id. They are removed when the batch is appended.
   *
   * @throws JournalWriteError if the file system fails, or if the directory was lost: then the complete open batch is to be
   *   appended, as one part
   * @throws JournalFullError beyond `maxBytes`
   * @throws JournalClosedError
   */
  appendPart(part: Batch): void {
    const before = this.folder;
    const append = (): void => {
      // Another directory does not have the earlier parts.
      if (this.folder !== before) throw new JournalWriteError(before.path, 'it was removed or moved');
      const { buffers, length } = this.frame(part);
      if (!this.hasRoomFor(this.openBatch.size + length)) {
        throw new JournalFullError(length, this.bytes, this.maxBytes);
      }
      this.asWriteError(() => this.openBatch.append(part.id, buffers, length));
    };
    // A cheap check, since there are many parts per batch. append() checks more.
    this.writeInPlace(append, () => this.openBatch.exists());
    this.clearFormer(part.id);
  }

  /**
   * Reads a batch that is not stored yet.
   *
   * @throws JournalDamageError if it is lost, which was reported by `onDamage`; the entry is then to be marked as done
   */
  async read(entry: JournalEntry): Promise<Batch> {
    const path = this.segments.pathOf(entry.segment);
    if (path === undefined) {
      // The loss of the directory was logged.
      const { offset, length: bytes } = entry;
      throw new JournalDamageError({ file: 'a lost directory', offset, bytes, reason: 'it is gone' });
    }
    try {
      return await readBatch(path, this.folder.format, entry);
    } catch (error) {
      if (error instanceof JournalDamageError) this.options.onDamage(error.damage);
      throw error;
    }
  }

  /** Marks a batch as stored or lost. A second call does nothing. */
  done(entry: JournalEntry): void {
    if (this.state !== 'closed') this.segments.done(entry);
  }

  /** Takes over the journals of ended processes, one after the other: see {@link JournalRecovery.find}. */
  abandonedJournals(): AsyncGenerator<AbandonedJournal, void, undefined> {
    return this.recovery.find();
  }

  /**
   * Checks that the directory is in place, and creates another one if not. One that is back is used again.
   *
   * @throws JournalUnavailableError if that fails
   */
  check(): void {
    if (this.state === 'closed') return;
    if (!this.isIntact()) this.move();
    else if (this.state === 'lost') this.useAgain();
  }

  /** Leaves unstored batches to a later process, after fsync; removes the directory if there are none. */
  close(): Promise<void> {
    return (this.closing ??= this.finish());
  }

  private become(next: JournalState): void {
    if (!TRANSITIONS[this.state].includes(next)) {
      throw new Error(`The journal cannot become ${next}: it is ${this.state}.`);
    }
    this.state = next;
  }

  /** A batch as a record. */
  private frame(batch: Batch): { buffers: Buffer[]; length: number } {
    if (this.state === 'closed') throw new JournalClosedError();
    const buffers = frameRecord(this.folder.format.marker, encodeBatch(batch));
    return { buffers, length: buffers.reduce((sum, { length }) => sum + length, 0) };
  }

  private asWriteError<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      throw error instanceof JournalWriteError ? error : new JournalWriteError(this.path, error);
    }
  }

  /**
   * Writes, and checks afterwards that the file is still in place. If not, it writes again to another directory.
   *
   * @param isInPlace whether a later process finds what was written
   */
  private writeInPlace<T>(write: () => T, isInPlace: () => boolean): T {
    for (let moves = 0; ; moves++) {
      let failure: unknown;
      try {
        const result = write();
        if (this.asWriteError(isInPlace)) {
          if (this.state === 'lost') this.useAgain();
          return result;
        }
        failure = new JournalWriteError(this.path, 'it is removed repeatedly');
      } catch (error) {
        if (this.isIntact()) throw error;
        failure = error;
      }
      if (this.state === 'refilling' || this.state === 'closed' || moves >= MAX_MOVES) throw failure;
      this.asWriteError(() => this.move());
    }
  }

  /** Whether all files are in place. If that cannot be checked, they count as in place. */
  private isIntact(): boolean {
    try {
      return this.hasAllFiles();
    } catch {
      return true;
    }
  }

  /** @throws errors of the file system */
  private hasAllFiles(): boolean {
    return this.folder.isIntact() && this.openBatch.isInPlace() && this.segments.allAreInPlace();
  }

  /** The directory is back before another one could be created. */
  private useAgain(): void {
    try {
      if (this.hasAllFiles()) this.become('open');
    } catch {
      // It cannot be checked: the next write or check tries again.
    }
  }

  /** @throws JournalUnavailableError */
  private move(): void {
    if (this.state !== 'lost') this.become('lost');
    const from = this.folder;
    const { oldestId } = this;
    const to = JournalDirectory.create(this.options.directory);
    try {
      const files = this.filesIn(to, this.segments.nextNumber);
      this.segments.abandon();
      this.formerOpenBatches.add(this.openBatch);
      from.release();
      [this.segments, this.openBatch] = files;
    } catch (error) {
      to.release();
      throw new JournalUnavailableError(this.options.directory, error);
    }
    this.folder = to;
    this.recovery.movedTo(to.id, from.id);
    this.become('refilling');
    try {
      this.options.onMove?.({ from: from.path, to: to.path, oldestId });
    } finally {
      this.become('open');
    }
  }

  /**
   * Clears the parts of a batch in lost directories, once it is on disk again and perhaps with more in it: were the
   * directory restored, its parts would be taken for the complete batch.
   */
  private clearFormer(batchId: string): void {
    for (const former of this.formerOpenBatches) {
      if (former.id !== undefined && former.id !== batchId) continue;
      this.formerOpenBatches.delete(former);
      try {
        former.clear();
        former.abandon();
      } catch (error) {
        this.options.logger.warn(`Parts of a batch remain in a lost directory: ${String(error)}`);
      }
    }
  }

  private filesIn({ path }: JournalDirectory, firstNumber: number): [SegmentChain, OpenBatchFile] {
    const openBatch = new OpenBatchFile(path);
    try {
      return [new SegmentChain(path, this.segmentBytes, this.options.logger, firstNumber), openBatch];
    } catch (error) {
      openBatch.close();
      throw error;
    }
  }

  private async finish(): Promise<void> {
    this.become('closed');
    for (const former of this.formerOpenBatches) former.abandon();
    await this.recovery.close();
    if (!this.isIntact()) {
      this.segments.abandon();
      this.openBatch.abandon();
      this.folder.release();
      return;
    }
    let left = 1;
    try {
      left = await this.segments.close();
      if (this.openBatch.close()) left += 1;
      if (left > 0) this.folder.sync();
    } finally {
      if (left > 0) this.folder.release();
      else await this.folder.remove();
    }
  }
}
