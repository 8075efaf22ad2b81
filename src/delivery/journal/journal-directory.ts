import { closeSync, existsSync, fsyncSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 as uuid } from 'uuid';
import { codeOf, ifExists } from '../../platform/errors/index.js';
import {
  DirectoryLock,
  lockIfAbandoned,
  makeDirectory,
  removeProcessFolder,
} from '../../platform/lock/index.js';
import { JournalFormatError, JournalUnavailableError } from './journal.error.js';
import { type JournalFormat, newFormat, readFormat } from './format/index.js';
import { Segment } from './segments.js';

const FORMAT_FILE = 'journal.json';
/** Another process may remove a directory that is not locked yet: it looks like that of a killed process. */
const MAX_ATTEMPTS = 5;

/** The content of the directory of an ended process. */
export interface JournalContents {
  path: string;
  /** Undefined if its process ended before it was written. */
  format: JournalFormat | undefined;
  /** In ascending order. */
  segments: Segment[];
}

/**
 * The journal directory of one process, with `journal.json` and segments. A process that uses it holds its lock. Its name
 * is a UUIDv7, so that names are in the order of creation.
 */
export class JournalDirectory {
  private readonly formatFile: string;

  private constructor(
    readonly id: string,
    readonly path: string,
    readonly format: JournalFormat,
    private readonly lock: DirectoryLock,
  ) {
    this.formatFile = join(path, FORMAT_FILE);
  }

  /**
   * Creates a directory, and `root` if it does not exist. Synchronous, since a write that finds the directory removed waits
   * for it.
   *
   * @param id a new UUIDv7, for the first attempt; others get ids of their own
   * @throws JournalUnavailableError
   */
  static create(root: string, id?: string): JournalDirectory {
    for (let attempt = 1; ; attempt++) {
      try {
        const made = JournalDirectory.tryCreate(root, attempt === 1 && id !== undefined ? id : uuid());
        if (made !== undefined) return made;
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || attempt >= MAX_ATTEMPTS) {
          throw new JournalUnavailableError(root, error);
        }
      }
      if (attempt >= MAX_ATTEMPTS)
        throw new JournalUnavailableError(root, 'another process locks or removes each new directory in it');
    }
  }

  private static tryCreate(root: string, id: string): JournalDirectory | undefined {
    const path = join(root, id);
    // Directories above `root` may belong to others: their mode is left alone.
    makeDirectory(root, 0o700);
    makeDirectory(path, 0o700);
    const lock = DirectoryLock.tryAcquire(path);
    if (lock === undefined) return undefined;
    try {
      const { format, description } = newFormat();
      writeFormat(path, description);
      syncDirectory(path);
      syncDirectory(root);
      return new JournalDirectory(id, path, format, lock);
    } catch (error) {
      try {
        rmSync(join(path, FORMAT_FILE), { force: true });
        lock.release({ removeFile: true });
        rmdirSync(path);
      } catch {
        // Another process finds it empty and removes it.
      }
      throw error;
    }
  }

  /**
   * Locks the directory of an ended process. An empty one is removed.
   *
   * @returns undefined if a process holds it, or if it does not exist or was empty
   * @throws JournalFormatError if it is of another version; errors of the file system
   */
  static async takeOver(root: string, id: string): Promise<JournalDirectory | undefined> {
    const path = join(root, id);
    // Before the lock: nothing is written to a directory of another version.
    await formatIn(path);
    const lock = lockIfAbandoned(path);
    if (lock === undefined) return undefined;
    try {
      const format = await formatIn(path);
      if (format !== undefined) return new JournalDirectory(id, path, format, lock);
      if ((await segmentsIn(path)).length > 0)
        throw new JournalFormatError(`There is no ${FORMAT_FILE} in ${path}.`);
    } catch (error) {
      lock.release();
      throw error;
    }
    await removeProcessFolder(path, lock, [FORMAT_FILE]);
    return undefined;
  }

  /**
   * Reads the directory of an ended process, without changing it.
   *
   * @returns undefined if a process holds it
   * @throws JournalFormatError if it is of another version; errors of the file system
   */
  static async inspect(root: string, id: string): Promise<JournalContents | undefined> {
    const path = join(root, id);
    if (DirectoryLock.isHeld(path)) return undefined;
    return { path, format: await formatIn(path), segments: await segmentsIn(path) };
  }

  /** Its segments, in ascending order. */
  segments(): Promise<Segment[]> {
    return segmentsIn(this.path);
  }

  /**
   * Whether it is in place and locked, and a later process can read it. If not, what is written to its files may be lost
   * with this process.
   *
   * @throws errors of the file system
   */
  isIntact(): boolean {
    return this.lock.isOurs() && existsSync(this.formatFile);
  }

  /** Calls fsync, so that the names of its files survive a power failure. */
  sync(): void {
    syncDirectory(this.path);
  }

  /** Leaves it to other processes. */
  release(): void {
    this.lock.release();
  }

  /** Its segments must have been removed before. */
  remove(): Promise<void> {
    return removeProcessFolder(this.path, this.lock, [FORMAT_FILE]);
  }
}

function writeFormat(directory: string, description: string): void {
  const fd = openSync(join(directory, FORMAT_FILE), 'wx', 0o600);
  try {
    writeSync(fd, description);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * @returns undefined if the process ended before it had written the file
 * @throws JournalFormatError
 */
async function formatIn(directory: string): Promise<JournalFormat | undefined> {
  const path = join(directory, FORMAT_FILE);
  const text = await ifExists(readFile(path, 'utf8'));
  return text === undefined || text === '' ? undefined : readFormat(path, text);
}

async function segmentsIn(directory: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const name of await readdir(directory)) {
    const number = Segment.numberIn(name);
    if (number === undefined) continue;
    segments.push(Segment.existing(directory, number, (await stat(join(directory, name))).size));
  }
  return segments.sort((a, b) => a.number - b.number);
}

function syncDirectory(path: string): void {
  // Windows does not open directories.
  if (process.platform === 'win32') return;
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
