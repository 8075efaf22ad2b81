import { mkdir, open, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { v7 as uuid } from 'uuid';
import { DirectoryInUseError, DirectoryLock } from '../../lock/index.js';
import { codeOf, JournalFormatError, JournalUnavailableError } from './journal.error.js';
import { type JournalFormat, newFormat, readFormat } from './format/index.js';
import { Segment } from './segment.js';

const FORMAT_FILE = 'journal.json';
/** From this age on, a directory without {@link FORMAT_FILE} is not one that is just being made. */
const LEFTOVER_MS = 60_000;

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
  private constructor(
    readonly id: string,
    readonly path: string,
    readonly format: JournalFormat,
    private readonly lock: DirectoryLock,
  ) {}

  /**
   * Makes one, and `root` where that does not exist.
   *
   * @param id a UUIDv7 that no other has
   * @throws JournalUnavailableError
   */
  static async create(root: string, id = uuid()): Promise<JournalDirectory> {
    const path = join(root, id);
    let lock: DirectoryLock | undefined;
    try {
      // What lies above may be for others as well.
      await mkdir(dirname(root), { recursive: true });
      await mkdir(path, { recursive: true, mode: 0o700 });
      lock = await DirectoryLock.acquire(path);
      const { format, description } = newFormat();
      await describe(path, description);
      await syncDirectory(path);
      await syncDirectory(root);
      return new JournalDirectory(id, path, format, lock);
    } catch (error) {
      await (lock === undefined ? rmdir(path) : removeDirectory(path, lock)).catch(() => undefined);
      throw new JournalUnavailableError(root, error);
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
    // Nothing is written, not even a lock, to what this version does not know or another process is making.
    if ((await formatIn(path)) === undefined && !(await isLeftover(path))) return undefined;
    const lock = await acquireIfFree(path);
    if (lock === undefined) return undefined;
    try {
      const format = await formatIn(path);
      if (format !== undefined) return new JournalDirectory(id, path, format, lock);
      if ((await segmentsIn(path)).length > 0)
        throw new JournalFormatError(`There is no ${FORMAT_FILE} in ${path}.`);
    } catch (error) {
      await lock.release();
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
    if ((await DirectoryLock.holder(path)) !== undefined) return undefined;
    return { path, format: await formatIn(path), segments: await segmentsIn(path) };
  }

  /** The segments that are there, in order. */
  segments(): Promise<Segment[]> {
    return segmentsIn(this.path);
  }

  /** Until the names in it are on the disk for good. */
  sync(): Promise<void> {
    return syncDirectory(this.path);
  }

  /** Leaves it for the next process. */
  release(): Promise<void> {
    return this.lock.release();
  }

  /** Its segments must have been removed. */
  remove(): Promise<void> {
    return removeDirectory(this.path, this.lock);
  }
}

async function describe(directory: string, description: string): Promise<void> {
  await using file = await open(join(directory, FORMAT_FILE), 'wx', 0o600);
  await file.writeFile(description);
  await file.sync();
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

async function syncDirectory(path: string): Promise<void> {
  try {
    await using directory = await open(path);
    await directory.sync();
  } catch (error) {
    // Windows does not open directories.
    if (process.platform !== 'win32') throw error;
  }
}

/** Whether the process that made it must have ended before it was complete. */
async function isLeftover(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > LEFTOVER_MS;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function acquireIfFree(path: string): Promise<DirectoryLock | undefined> {
  try {
    return await DirectoryLock.acquire(path);
  } catch (error) {
    if (error instanceof DirectoryInUseError || codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Another process that looks in meanwhile finds nothing, and removes the directory if it stands in the way here. */
async function removeDirectory(path: string, lock: DirectoryLock): Promise<void> {
  try {
    for (const name of await readdir(path)) {
      // Processes that were killed while they took the lock leave drafts of it.
      if (name === FORMAT_FILE || name.startsWith('lock.')) await rm(join(path, name), { force: true });
    }
  } finally {
    await lock.release();
  }
  try {
    await rmdir(path);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}
