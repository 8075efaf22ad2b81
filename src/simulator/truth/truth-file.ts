import { closeSync, openSync, writeSync } from 'node:fs';

/** The file of `--truth` cannot be written. */
export class TruthFileError extends Error {
  override readonly name = 'TruthFileError';

  constructor(path: string, cause: unknown) {
    super(`Cannot write ${path}: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}.`, { cause });
  }
}

const CHUNK_LENGTH = 256 * 1024;

/**
 * A file of lines. It is written synchronously in chunks: the network makes lines faster than a stream would write them, and
 * must not have to wait for it.
 */
export class TruthFile {
  private pending: string[] = [];
  private length = 0;

  private constructor(
    private readonly path: string,
    private readonly file: number,
  ) {}

  /** Creates a file, or empties it. @throws TruthFileError */
  static open(path: string): TruthFile {
    try {
      return new TruthFile(path, openSync(path, 'w'));
    } catch (error) {
      throw new TruthFileError(path, error);
    }
  }

  /** @throws TruthFileError */
  write(line: string): void {
    this.pending.push(line, '\n');
    this.length += line.length;
    if (this.length >= CHUNK_LENGTH) this.flush();
  }

  /** Writes the rest. @throws TruthFileError */
  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.file);
    }
  }

  private flush(): void {
    const chunk = Buffer.from(this.pending.join(''));
    this.pending = [];
    this.length = 0;
    try {
      for (let done = 0; done < chunk.length;) done += writeSync(this.file, chunk, done);
    } catch (error) {
      throw new TruthFileError(this.path, error);
    }
  }
}
