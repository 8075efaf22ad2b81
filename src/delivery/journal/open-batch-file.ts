import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { leadsTo } from '../../platform/lock/index.js';
import { HEADER_BYTES } from './record.js';
import { writeFully } from './write-fully.js';

const { O_CREAT, O_EXCL, O_WRONLY } = constants;

/** What one large batch took is given back after it. */
const KEPT_BYTES = 1024 * 1024;
const NO_RECORD = Buffer.alloc(HEADER_BYTES);

/** Where the open batch of the process lies that works in this directory. */
export function openBatchPath(directory: string): string {
  return join(directory, 'open-batch');
}

/**
 * A file beside the segments with the parts of the batch that is open, each a record. Each batch is written over
 * the one before: making a file longer and shorter all the time waits for the file system's own journal, and took
 * ten times as long while PostgreSQL wrote to the same disk. So old records may lie behind those of the batch; none
 * is at the beginning when no batch is open.
 */
export class OpenBatchFile {
  readonly #path: string;
  readonly #fd: number;
  readonly #identity: BigIntStats;
  #batchId: string | undefined;
  #end = 0;
  #size = 0;

  constructor(directory: string) {
    this.#path = openBatchPath(directory);
    this.#fd = openSync(this.#path, O_WRONLY | O_CREAT | O_EXCL, 0o600);
    this.#identity = fstatSync(this.#fd, { bigint: true });
  }

  /** Of the batch that has parts in it. */
  get id(): string | undefined {
    return this.#batchId;
  }

  /** Bytes on disk. */
  get size(): number {
    return this.#size;
  }

  /**
   * Whether it is still there: see {@link Segment.hasItsName}.
   *
   * @throws errors of the file system
   */
  hasItsName(): boolean {
    return leadsTo(this.#path, this.#identity);
  }

  /** Whether there is a file of its name, which costs a third of {@link hasItsName}. */
  exists(): boolean {
    return existsSync(this.#path);
  }

  /** Writes a part behind those of the same batch. The first of another batch takes the place of all that is there. */
  append(batchId: string, parts: readonly Buffer[], length: number): void {
    if (batchId !== this.#batchId) this.clear();
    this.#batchId = batchId;
    // What an error leaves behind is written over by the next part, or is no whole record.
    writeFully(this.#fd, parts, length, this.#end);
    this.#end += length;
    this.#size = Math.max(this.#size, this.#end);
  }

  /**
   * The batch is closed, and lies elsewhere.
   *
   * @param batchId of that batch: another one stays
   */
  clear(batchId = this.#batchId): void {
    if (this.#batchId === undefined || batchId !== this.#batchId) return;
    if (this.#size > KEPT_BYTES) {
      ftruncateSync(this.#fd, 0);
      this.#size = 0;
    } else {
      writeSync(this.#fd, NO_RECORD, 0, HEADER_BYTES, 0);
    }
    this.#end = 0;
    this.#batchId = undefined;
  }

  /** Takes no more. False where parts of a batch stay in it, safely on disk, since they lie nowhere else. */
  close(): boolean {
    const empty = this.#end === 0;
    if (!empty) fsyncSync(this.#fd);
    closeSync(this.#fd);
    if (empty) rmSync(this.#path, { force: true });
    return empty;
  }
  /** Leaves it as it is. */
  abandon(): void {
    closeSync(this.#fd);
  }
}
