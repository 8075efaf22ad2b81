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

/** The lower of two ids of batches (UUIDv7 sort as text), of which one or both may be missing. */
export function lowerId(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants;
const FILE_NAME = /^(\d{8,})\.journal$/;

/** One file of the journal. It tracks which of its batches are not stored yet, by their offsets. */
export class Segment {
  readonly path: string;
  private readonly pendingOffsets = new Set<number>();
  private fd: number | undefined;
  private identity: BigIntStats | undefined;
  private isSealed = false;
  private lowest: string | undefined;

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
    segment.fd = openSync(segment.path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0o600);
    segment.identity = fstatSync(segment.fd, { bigint: true });
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
    return this.pendingOffsets.size;
  }

  /** The lowest id of a batch that was appended. It may not be the first: older batches in memory are appended later. */
  get lowestId(): string | undefined {
    return this.lowest;
  }

  /** Whether nothing is appended any more. */
  get sealed(): boolean {
    return this.isSealed;
  }

  /** Whether it can be removed: it is sealed, and all of its batches are stored. */
  get finished(): boolean {
    return this.isSealed && this.pendingOffsets.size === 0;
  }

  /**
   * Whether the path still leads to the file that is written. If not, what is written is lost when this process ends.
   *
   * @throws errors of the file system
   */
  isInPlace(): boolean {
    return this.fd === undefined || this.identity === undefined
      ? existsSync(this.path)
      : leadsTo(this.path, this.identity);
  }

  /**
   * Appends a record.
   *
   * @returns its offset
   * @throws errors of the file system. A partial write is truncated; if that fails too, the segment is sealed.
   */
  append(buffers: readonly Buffer[], length: number, id: string): number {
    if (this.fd === undefined) throw new Error(`${this.path} is not open for writing.`);
    const offset = this.written;
    try {
      writeFully(this.fd, buffers, length);
    } catch (error) {
      this.truncate(this.fd);
      throw error;
    }
    this.written += length;
    this.pendingOffsets.add(offset);
    if (this.lowest === undefined || id < this.lowest) this.lowest = id;
    return offset;
  }

  /** Registers a batch that was found in the file. */
  addPending(offset: number): void {
    this.pendingOffsets.add(offset);
  }

  /** Marks the batch at an offset as stored. @returns false if it already was */
  done(offset: number): boolean {
    return this.pendingOffsets.delete(offset);
  }

  seal(): void {
    this.isSealed = true;
    if (this.fd === undefined) return;
    const fd = this.fd;
    this.fd = undefined;
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

  private truncate(fd: number): void {
    try {
      ftruncateSync(fd, this.written);
    } catch {
      try {
        this.written = Math.max(this.written, fstatSync(fd).size);
      } finally {
        this.seal();
      }
    }
  }
}

/** A current segment that is larger is removed as soon as all of its batches are stored; others are appended to. */
const REUSED_BYTES = 1024 * 1024;

/** The segments of this process: batches are appended to the current one, and each is removed when it is finished. */
export class SegmentChain {
  private readonly segments = new Map<number, Segment>();
  private current: Segment | undefined;
  private lastNumber: number;
  private byteCount = 0;
  private entryCount = 0;

  constructor(
    private readonly directory: string,
    private readonly segmentBytes: number,
    private readonly logger: Pick<LoggerService, 'warn'>,
    firstNumber = 1,
  ) {
    this.lastNumber = firstNumber - 1;
    this.start();
  }

  /** On disk. */
  get bytes(): number {
    return this.byteCount;
  }

  /** The part of {@link bytes} that {@link reclaim} frees. */
  get reclaimable(): number {
    return this.current?.pending === 0 ? this.current.size : 0;
  }

  /** The lowest id of a batch on disk, stored or not. */
  get oldestId(): string | undefined {
    let lowest: string | undefined;
    for (const { lowestId } of this.segments.values()) lowest = lowerId(lowest, lowestId);
    return lowest;
  }

  /** The number of batches that are not stored yet. */
  get entries(): number {
    return this.entryCount;
  }

  /** Undefined if the segment was removed. */
  pathOf(number: number): string | undefined {
    return this.segments.get(number)?.path;
  }

  /** A number that no segment has had. */
  get nextNumber(): number {
    return this.lastNumber + 1;
  }

  /**
   * Whether the current segment is in place.
   *
   * @throws errors of the file system
   */
  currentIsInPlace(): boolean {
    return this.current?.isInPlace() ?? true;
  }

  /**
   * Whether all segments are in place.
   *
   * @throws errors of the file system
   */
  allAreInPlace(): boolean {
    for (const segment of this.segments.values()) if (!segment.isInPlace()) return false;
    return true;
  }

  /** Appends a record. After an error of the file system, the next call may succeed. */
  append(buffers: readonly Buffer[], length: number, id: string): JournalEntry {
    try {
      const segment = this.segmentFor(length);
      const before = segment.size;
      try {
        const offset = segment.append(buffers, length, id);
        this.entryCount++;
        return { segment: segment.number, offset, length };
      } finally {
        this.byteCount += segment.size - before;
      }
    } catch (error) {
      if (this.current?.sealed) this.sealSegment(this.current);
      // The disk may be full: free what is not needed.
      this.reclaim();
      throw error;
    }
  }

  done(entry: JournalEntry): void {
    const segment = this.segments.get(entry.segment);
    if (segment?.done(entry.offset) !== true) return;
    this.entryCount--;
    if (segment.finished || (segment.pending === 0 && segment.size > REUSED_BYTES))
      this.removeSegment(segment);
  }

  /** Removes the current segment if all of its batches are stored. */
  reclaim(): void {
    if (this.current !== undefined && this.reclaimable > 0) this.removeSegment(this.current);
  }

  /** Seals all segments, and calls fsync. @returns the number of segments that remain */
  async close(): Promise<number> {
    for (const segment of [...this.segments.values()]) this.sealSegment(segment);
    for (const segment of this.segments.values()) await segment.sync();
    return this.segments.size;
  }

  /** Seals all segments, and leaves their files as they are. */
  abandon(): void {
    for (const segment of this.segments.values()) segment.seal();
  }

  private segmentFor(length: number): Segment {
    const last = this.current;
    if (last !== undefined && last.size > 0 && last.size + length > this.segmentBytes) this.sealSegment(last);
    return this.current ?? this.start();
  }

  private start(): Segment {
    const segment = Segment.create(this.directory, this.lastNumber + 1);
    this.lastNumber++;
    this.segments.set(segment.number, segment);
    this.current = segment;
    return segment;
  }

  private sealSegment(segment: Segment): void {
    if (segment === this.current) this.current = undefined;
    segment.seal();
    if (segment.finished) this.removeSegment(segment);
  }

  private removeSegment(segment: Segment): void {
    if (segment === this.current) this.current = undefined;
    this.segments.delete(segment.number);
    this.byteCount -= segment.size;
    try {
      segment.remove();
    } catch (error) {
      this.logger.warn(`${segment.path} could not be removed: ${String(error)}`);
    }
  }
}
