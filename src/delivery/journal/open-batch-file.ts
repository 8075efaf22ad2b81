import { closeSync, constants, ftruncateSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFully } from './write-fully.js';

const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants;

/** Where the open batch of the process lies that works in this directory. */
export function openBatchPath(directory: string): string {
  return join(directory, 'open-batch');
}

/** A file beside the segments: the parts of the batch that is open, each a record, and nothing between batches. */
export class OpenBatchFile {
  readonly #path: string;
  readonly #fd: number;
  #batchId: string | undefined;
  #size = 0;

  constructor(directory: string) {
    this.#path = openBatchPath(directory);
    this.#fd = openSync(this.#path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0o600);
  }

  /** Bytes on disk. */
  get size(): number {
    return this.#size;
  }

  /** Appends a part. The first of another batch takes the place of all that is there. */
  append(batchId: string, parts: readonly Buffer[], length: number): void {
    if (batchId !== this.#batchId) this.clear();
    try {
      writeFully(this.#fd, parts, length);
    } catch (error) {
      ftruncateSync(this.#fd, this.#size);
      throw error;
    }
    this.#batchId = batchId;
    this.#size += length;
  }

  /** The batch is closed, and lies elsewhere. */
  clear(): void {
    if (this.#size > 0) ftruncateSync(this.#fd, 0);
    this.#size = 0;
    this.#batchId = undefined;
  }

  remove(): void {
    closeSync(this.#fd);
    rmSync(this.#path, { force: true });
  }
}
