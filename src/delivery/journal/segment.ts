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
import { leadsTo } from '../../platform/lock/index.js';
import { codeOf } from './journal.error.js';
import { writeFully } from './write-fully.js';

const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants;
const FILE_NAME = /^(\d{8,})\.journal$/;

/** One file of the journal. It knows which of its batches are not stored yet, by their offsets. */
export class Segment {
  readonly path: string;
  readonly #waiting = new Set<number>();
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

  /** A file that another process wrote; to be sealed when its batches were found. */
  static existing(directory: string, number: number, size: number): Segment {
    return new Segment(directory, number, size);
  }

  /** The number in a file's name; undefined for files that are not segments. */
  static numberIn(fileName: string): number | undefined {
    const digits = FILE_NAME.exec(fileName)?.[1];
    return digits === undefined ? undefined : Number(digits);
  }

  /** Bytes on disk. */
  get size(): number {
    return this.written;
  }

  /** How many batches are not stored yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** The lowest id of a batch that was appended here. They come in any order: after an outage, or at the end. */
  get lowestId(): string | undefined {
    return this.#lowestId;
  }

  /** Whether no more batches will come. */
  get sealed(): boolean {
    return this.#sealed;
  }

  /** Whether it can be removed. */
  get finished(): boolean {
    return this.#sealed && this.#waiting.size === 0;
  }

  /**
   * Whether the file is still there, and the one that is written to. What is in one without a name is gone with this
   * process.
   *
   * @throws errors of the file system
   */
  hasItsName(): boolean {
    return this.#fd === undefined || this.#identity === undefined
      ? existsSync(this.path)
      : leadsTo(this.path, this.#identity);
  }

  /**
   * Writes a record at the end and gives its offset. If the file system refuses, the part that it took is cut
   * off again, or else the file takes no more.
   */
  append(parts: readonly Buffer[], length: number, id: string): number {
    if (this.#fd === undefined) throw new Error(`${this.path} is not open for writing.`);
    const offset = this.written;
    try {
      writeFully(this.#fd, parts, length);
    } catch (error) {
      this.#cutBack(this.#fd);
      throw error;
    }
    this.written += length;
    this.#waiting.add(offset);
    if (this.#lowestId === undefined || id < this.#lowestId) this.#lowestId = id;
    return offset;
  }

  /** Takes note of a batch that was found in the file. */
  expect(offset: number): void {
    this.#waiting.add(offset);
  }

  /** The batch at this offset is stored. False where that was known. */
  done(offset: number): boolean {
    return this.#waiting.delete(offset);
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

  /** Until it is on the disk for good. */
  async sync(): Promise<void> {
    await using file = await open(this.path, 'r+');
    await file.sync();
  }

  #cutBack(fd: number): void {
    try {
      ftruncateSync(fd, this.written);
    } catch {
      this.written = Math.max(this.written, fstatSync(fd).size);
      this.seal();
    }
  }
}
