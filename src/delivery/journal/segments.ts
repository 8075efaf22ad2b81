import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  unlinkSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import { codeOf } from '../../platform/errors/index.js';
import { leadsTo } from '../../platform/lock/index.js';
import { type JournalEntry, writeFully } from './records.js';

/** The lower of two ids of batches, of which one or both may be missing. */
export function lowerId(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants;
const FILE_NAME = /^(\d{8,})\.journal$/;

/** One file of the journal. It tracks which of its batches are not stored yet, by their offsets. */
export class Segment {
  readonly path: string;
  readonly #pending = new Set<number>();
  #fd: number | undefined;
  #identity: BigIntStats | undefined;
  #sealed = false;
  #lowestId: string | undefined;

  private constructor(
    directory: string,
    readonly number: number,
    private written: number,
  ) {
    this.path = join(directory, `${number.toString().padStart(8, '0')}.journal`);
  }

  /** A new file, to append to. */
  static create(directory: string, number: number): Segment {
    const segment = new Segment(directory, number, 0);
    segment.#fd = openSync(segment.path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0o600);
    segment.#identity = fstatSync(segment.#fd, { bigint: true });
    return segment;
  }

  /** A file that another process wrote. To be sealed once its batches are known. */
  static existing(directory: string, number: number, size: number): Segment {
    return new Segment(directory, number, size);
  }

  /** The number in a file name; undefined if it is not that of a segment. */
  static numberIn(fileName: string): number | undefined {
    const digits = FILE_NAME.exec(fileName)?.[1];
    return digits === undefined ? undefined : Number(digits);
  }

  /** Bytes on disk. */
  get size(): number {
    return this.written;
  }

  /** The number of batches that are not stored yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /** The lowest id of a batch that was appended. Ids are not always ascending: after an outage, or during a stop. */
  get lowestId(): string | undefined {
    return this.#lowestId;
  }

  /** Whether nothing is appended any more. */
  get sealed(): boolean {
    return this.#sealed;
  }

  /** Whether it can be removed: it is sealed, and all of its batches are stored. */
  get finished(): boolean {
    return this.#sealed && this.#pending.size === 0;
  }

  /**
   * Whether the path still leads to the file that is written. A file without a name is lost with this process.
   *
   * @throws errors of the file system
   */
  isInPlace(): boolean {
    return this.#fd === undefined || this.#identity === undefined
      ? existsSync(this.path)
      : leadsTo(this.path, this.#identity);
  }

  /**
   * Appends a record.
   *
   * @returns its offset
   * @throws errors of the file system. A partial write is truncated; if that fails too, the segment is sealed.
   */
  append(parts: readonly Buffer[], length: number, id: string): number {
    if (this.#fd === undefined) throw new Error(`${this.path} is not open for writing.`);
    const offset = this.written;
    try {
      writeFully(this.#fd, parts, length);
    } catch (error) {
      this.#truncate(this.#fd);
      throw error;
    }
    this.written += length;
    this.#pending.add(offset);
    if (this.#lowestId === undefined || id < this.#lowestId) this.#lowestId = id;
    return offset;
  }

  /** Registers a batch that was found in the file. */
  expect(offset: number): void {
    this.#pending.add(offset);
  }

  /** Marks the batch at an offset as stored. @returns false if it already was */
  done(offset: number): boolean {
    return this.#pending.delete(offset);
  }

  seal(): void {
    this.#sealed = true;
    if (this.#fd === undefined) return;
    const fd = this.#fd;
    this.#fd = undefined;
    closeSync(fd);
  }

  remove(): void {
    this.seal();
    try {
      unlinkSync(this.path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }

  /** Calls fsync. */
  async sync(): Promise<void> {
    await using file = await open(this.path, 'r+');
    await file.sync();
  }

  #truncate(fd: number): void {
    try {
      ftruncateSync(fd, this.written);
    } catch {
      this.written = Math.max(this.written, fstatSync(fd).size);
      this.seal();
    }
  }
}

/** The current segment is removed from this size on, as soon as all of its batches are stored. */
const RECYCLE_BYTES = 1024 * 1024;

/** The segments of this process: batches are appended to the current one, and each is removed when it is finished. */
export class SegmentChain {
  readonly #segments = new Map<number, Segment>();
  #current: Segment | undefined;
  #lastNumber: number;
  #bytes = 0;
  #entries = 0;

  constructor(
    private readonly directory: string,
    private readonly segmentBytes: number,
    private readonly logger: Pick<LoggerService, 'warn'>,
    firstNumber = 1,
  ) {
    this.#lastNumber = firstNumber - 1;
    this.#start();
  }

  /** On disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The part of {@link bytes} that {@link reclaim} frees. */
  get reclaimable(): number {
    return this.#current?.pending === 0 ? this.#current.size : 0;
  }

  /** The lowest id of a batch on disk, stored or not. */
  get oldestId(): string | undefined {
    let lowest: string | undefined;
    for (const { lowestId } of this.#segments.values()) lowest = lowerId(lowest, lowestId);
    return lowest;
  }

  /** The number of batches that are not stored yet. */
  get entries(): number {
    return this.#entries;
  }

  /** Undefined if the segment was removed. */
  pathOf(number: number): string | undefined {
    return this.#segments.get(number)?.path;
  }

  /** A number that no segment has had. */
  get nextNumber(): number {
    return this.#lastNumber + 1;
  }

  /**
   * Whether the current segment is in place.
   *
   * @throws errors of the file system
   */
  currentIsInPlace(): boolean {
    return this.#current?.isInPlace() ?? true;
  }

  /**
   * Whether all segments are in place.
   *
   * @throws errors of the file system
   */
  allAreInPlace(): boolean {
    for (const segment of this.#segments.values()) if (!segment.isInPlace()) return false;
    return true;
  }

  /** Appends a record. After an error of the file system, the next call may succeed. */
  append(parts: readonly Buffer[], length: number, id: string): JournalEntry {
    try {
      const segment = this.#segmentFor(length);
      const before = segment.size;
      try {
        const offset = segment.append(parts, length, id);
        this.#entries++;
        return { segment: segment.number, offset, length };
      } finally {
        this.#bytes += segment.size - before;
      }
    } catch (error) {
      if (this.#current?.sealed) this.#seal(this.#current);
      // The disk may be full: free what is not needed.
      this.reclaim();
      throw error;
    }
  }

  done(entry: JournalEntry): void {
    const segment = this.#segments.get(entry.segment);
    if (segment?.done(entry.offset) !== true) return;
    this.#entries--;
    if (segment.finished || (segment.pending === 0 && segment.size > RECYCLE_BYTES)) this.#remove(segment);
  }

  /** Removes the current segment if all of its batches are stored. */
  reclaim(): void {
    if (this.#current !== undefined && this.reclaimable > 0) this.#remove(this.#current);
  }

  /** Seals all segments, and calls fsync. @returns the number of segments that remain */
  async close(): Promise<number> {
    for (const segment of [...this.#segments.values()]) this.#seal(segment);
    for (const segment of this.#segments.values()) await segment.sync();
    return this.#segments.size;
  }

  /** Seals all segments, and leaves their files as they are. */
  abandon(): void {
    for (const segment of this.#segments.values()) segment.seal();
  }

  #segmentFor(length: number): Segment {
    const last = this.#current;
    if (last !== undefined && last.size > 0 && last.size + length > this.segmentBytes) this.#seal(last);
    return this.#current ?? this.#start();
  }

  #start(): Segment {
    const segment = Segment.create(this.directory, this.#lastNumber + 1);
    this.#lastNumber++;
    this.#segments.set(segment.number, segment);
    this.#current = segment;
    return segment;
  }

  #seal(segment: Segment): void {
    if (segment === this.#current) this.#current = undefined;
    segment.seal();
    if (segment.finished) this.#remove(segment);
  }

  #remove(segment: Segment): void {
    if (segment === this.#current) this.#current = undefined;
    this.#segments.delete(segment.number);
    this.#bytes -= segment.size;
    try {
      segment.remove();
    } catch (error) {
      this.logger.warn(`${segment.path} could not be removed: ${String(error)}`);
    }
  }
}
