import { closeSync, existsSync, fsyncSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { readdir, readFile, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 as uuid } from 'uuid';
import { DirectoryLock, makeDirectory } from '../../platform/lock/index.js';
import { codeOf, JournalFormatError, JournalUnavailableError } from './journal.error.js';
import { type JournalFormat, newFormat, readFormat } from './format/index.js';
import { Segment } from './segment.js';

const FORMAT_FILE = 'journal.json';
/** Another process may remove one that is not locked yet: it takes it for what is left of a process that was killed. */
const MAX_ATTEMPTS = 5;

/** What lies in the directory of a process that is gone. */
export interface JournalContents {
  path: string;
  /** Undefined where its process ended before it was complete. */
  format: JournalFormat | undefined;
  /** In order. */
  segments: Segment[];
}

/**
 * The directory that one process keeps its part of the journal in: `journal.json` and segments. Whoever works
 * in it holds its lock. Its name is the id of the process, a UUIDv7, so that names are in the order in which they were made.
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
   * Makes one, and `root` where that does not exist. It is done at once: a process whose directory was removed can keep
   * nothing until there is another one.
   *
   * @param id a UUIDv7 that no other has
   * @throws JournalUnavailableError
   */
  static create(root: string, first?: string): JournalDirectory {
    for (let attempt = 1; ; attempt++) {
      try {
        const made = JournalDirectory.tryCreate(root, attempt === 1 && first !== undefined ? first : uuid());
        if (made !== undefined) return made;
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || attempt >= MAX_ATTEMPTS) {
          throw new JournalUnavailableError(root, error);
        }
      }
      if (attempt >= MAX_ATTEMPTS) throw new JournalUnavailableError(root, 'it is removed repeatedly');
    }
  }

  private static tryCreate(root: string, id: string): JournalDirectory | undefined {
    const path = join(root, id);
    // What lies above may be for others as well.
    makeDirectory(root, 0o700);
    makeDirectory(path, 0o700);
    const lock = DirectoryLock.tryAcquire(path);
    if (lock === undefined) return undefined;
    try {
      const { format, description } = newFormat();
      describe(path, description);
      syncDirectory(path);
      syncDirectory(root);
      return new JournalDirectory(id, path, format, lock);
    } catch (error) {
      try {
        rmSync(join(path, FORMAT_FILE), { force: true });
        lock.release({ removeFile: true });
        rmdirSync(path);
      } catch {
        // Another process finds it empty, and removes it.
      }
      throw error;
    }
  }

  /**
   * Takes over one that another process left behind; undefined where a process works in it, or where it is
   * gone or empty.
   *
   * @throws JournalFormatError where it is of another version; errors of the file system
   */
  static async adopt(root: string, id: string): Promise<JournalDirectory | undefined> {
    const path = join(root, id);
    // Nothing is written, not even a lock, to what this version does not know.
    await formatIn(path);
    const lock = acquireIfFree(path);
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
    await removeDirectory(path, lock);
    return undefined;
  }

  /**
   * What lies in one in which no process works, without taking it over: nothing is written.
   *
   * @returns undefined where a process works in it
   * @throws JournalFormatError where it is of another version; errors of the file system
   */
  static async lookInto(root: string, id: string): Promise<JournalContents | undefined> {
    const path = join(root, id);
    if (DirectoryLock.isHeld(path)) return undefined;
    return { path, format: await formatIn(path), segments: await segmentsIn(path) };
  }

  /** The segments that are there, in order. */
  segments(): Promise<Segment[]> {
    return segmentsIn(this.path);
  }

  /**
   * Whether it is where it was made, locked, and can be read by the next process. Where not, what is written to its
   * files may be gone with this process.
   *
   * @throws errors of the file system
   */
  isIntact(): boolean {
    return this.lock.isOurs() && existsSync(this.formatFile);
  }

  /** Until the names in it are on the disk for good. */
  sync(): void {
    syncDirectory(this.path);
  }

  /** Leaves it for the next process, or for the one that has it now. */
  release(): void {
    this.lock.release();
  }

  /** Its segments must have been removed. */
  remove(): Promise<void> {
    return removeDirectory(this.path, this.lock);
  }
}

function describe(directory: string, description: string): void {
  const fd = openSync(join(directory, FORMAT_FILE), 'wx', 0o600);
  try {
    writeSync(fd, description);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Undefined where the process ended before it had written the file.
 *
 * @throws JournalFormatError
 */
async function formatIn(directory: string): Promise<JournalFormat | undefined> {
  const path = join(directory, FORMAT_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  return text === '' ? undefined : readFormat(path, text);
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

/** Undefined where a process holds it, or it is gone. */
function acquireIfFree(path: string): DirectoryLock | undefined {
  try {
    return DirectoryLock.tryAcquire(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Another process that looks in meanwhile finds nothing, and removes the directory if it stands in the way here. */
async function removeDirectory(path: string, lock: DirectoryLock): Promise<void> {
  try {
    rmSync(join(path, FORMAT_FILE), { force: true });
  } finally {
    lock.release({ removeFile: true });
  }
  try {
    await rmdir(path);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}
