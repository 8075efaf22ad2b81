import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../errors/index.js';
import { DirectoryInUseError, UnusableDirectoryError } from './lock.errors.js';
import { LockedFile } from './locked-file.js';

/** The content of a lock file, as JSON. It is for people: only the kernel knows whether the file is locked. */
export interface LockHolder {
  /** In its own PID namespace: processes of two containers may have the same. */
  pid: number;
  host: string;
  /** When the lock was taken, ISO 8601. */
  since: string;
}

function thisProcess(): LockHolder {
  return { pid: process.pid, host: hostname(), since: new Date().toISOString() };
}

/** Undefined where the file cannot be read: it is being written, or the disk was full. */
function readHolder(path: string): LockHolder | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<LockHolder> | null;
    return typeof value?.pid === 'number' && typeof value.host === 'string' && typeof value.since === 'string'
      ? (value as LockHolder)
      : undefined;
  } catch {
    return undefined;
  }
}

const LOCK_FILE = 'lock';
/** Between two checks whether the lock is lost: milliseconds. */
const CHECK_INTERVAL_MS = 250;
/** A process that checks whether a directory is locked has the lock for microseconds. */
const RETRY_DELAYS_MS = [5, 20, 50];

export interface DirectoryLockOptions {
  /** Called once when the lock file was removed or replaced: another process can lock the directory then. */
  onLost?: (directory: string) => void;
}

/**
 * An exclusive lock on a directory: a lock of the kernel on the file `lock` in it. It lasts as long as its process, even
 * while that is frozen, and works across containers and PID namespaces of a machine.
 */
export class DirectoryLock {
  private watch: NodeJS.Timeout | undefined;
  private checking = false;
  private released = false;

  private constructor(
    readonly directory: string,
    private readonly file: LockedFile,
    private readonly onLost: ((directory: string) => void) | undefined,
  ) {
    if (onLost !== undefined) this.watch = setInterval(() => void this.check(), CHECK_INTERVAL_MS).unref();
  }

  /**
   * Locks a directory, which is created if it is missing.
   *
   * @throws DirectoryInUseError if it is locked
   * @throws UnusableDirectoryError if it cannot be created or written
   * @throws LockUnavailableError if the system has no such locks
   */
  static async acquire(directory: string, options: DirectoryLockOptions = {}): Promise<DirectoryLock> {
    withUsable(directory, () => makeDirectory(directory));
    for (const delay of [...RETRY_DELAYS_MS, undefined]) {
      const lock = DirectoryLock.tryAcquire(directory, options);
      if (lock !== undefined) return lock;
      if (delay !== undefined) await sleep(delay);
    }
    throw new DirectoryInUseError(directory, readHolder(join(directory, LOCK_FILE)));
  }

  /**
   * Locks an existing directory without waiting.
   *
   * @returns undefined where it is locked, or another process checks that in this moment
   * @throws UnusableDirectoryError, LockUnavailableError
   */
  static tryAcquire(directory: string, { onLost }: DirectoryLockOptions = {}): DirectoryLock | undefined {
    const file = withUsable(directory, () => LockedFile.take(join(realpathSync(directory), LOCK_FILE)));
    if (file === undefined) return undefined;
    file.write(`${JSON.stringify(thisProcess())}\n`);
    return new DirectoryLock(directory, file, onLost);
  }

  /** Whether a process has locked a directory. Writes nothing. */
  static isHeld(directory: string): boolean {
    return LockedFile.isHeld(join(directory, LOCK_FILE));
  }

  /** The process that has locked a directory; undefined where it is not locked, or the lock file does not say. */
  static holder(directory: string): LockHolder | undefined {
    return DirectoryLock.isHeld(directory) ? readHolder(join(directory, LOCK_FILE)) : undefined;
  }

  /**
   * Whether this process still has the lock. If the lock file was removed or replaced, another process may have locked
   * the new one.
   *
   * @throws errors of the file system
   */
  isOurs(): boolean {
    return !this.released && this.file.isInPlace();
  }

  /**
   * Releases the lock. A second call does nothing.
   *
   * @param removeFile whether the directory is about to be removed
   */
  release({ removeFile = false } = {}): void {
    if (this.released) return;
    this.released = true;
    clearInterval(this.watch);
    try {
      if (removeFile) this.file.unlink();
      else this.file.write('');
    } finally {
      this.file.close();
    }
  }

  private async check(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    try {
      // Asynchronous first: a file system that hangs must not block the event loop.
      await stat(this.directory).catch(() => undefined);
      if (this.released || this.isOurs()) return;
      clearInterval(this.watch);
      this.onLost?.(this.directory);
    } catch {
      // The next check tries again.
    } finally {
      this.checking = false;
    }
  }
}

/** @throws UnusableDirectoryError instead of an error of the file system */
function withUsable<T>(directory: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isSystemError(error) ? new UnusableDirectoryError(directory, error) : error;
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/**
 * Creates a directory and its parents, if they are missing.
 *
 * @throws errors of the file system: EROFS on a read-only one, where the recursive `mkdir` of Node.js throws ENOENT
 */
export function makeDirectory(path: string, mode?: number): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeDirectory(dirname(path));
  try {
    mkdirSync(path, mode);
  } catch (error) {
    // Another process has created it.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
