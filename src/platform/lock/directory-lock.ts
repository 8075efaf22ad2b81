import { realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DirectoryInUseError } from './directory-in-use.error.js';
import { type LockHolder, readHolder, thisProcess } from './lock-holder.js';
import { LockedFile } from './locked-file.js';
import { makeDirectory } from './make-directory.js';
import { UnusableDirectoryError } from './unusable-directory.error.js';

const LOCK_FILE = 'lock';
/** How soon a holder notices that its lock is lost. */
const CHECK_INTERVAL_MS = 250;
/** A process that only looks whether the lock is held, holds it for microseconds. */
const RETRY_DELAYS_MS = [5, 20, 50];

export interface DirectoryLockOptions {
  /** Called once, within a fraction of a second, where the lock file was removed or replaced: others can lock it now. */
  onLost?: (directory: string) => void;
}

/**
 * An exclusive lock on a directory: a lock of the kernel on the file `lock` in it. It lasts as long as its process, be
 * that frozen or not, and holds between containers and PID namespaces of a machine.
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
   * Takes the lock of a directory, which is created where it is missing.
   *
   * @throws DirectoryInUseError if it is held
   * @throws UnusableDirectoryError if it cannot be made or written
   * @throws LockUnavailableError if there are no locks of the kernel
   */
  static async acquire(directory: string, options: DirectoryLockOptions = {}): Promise<DirectoryLock> {
    attempt(directory, () => makeDirectory(directory));
    for (const delay of [...RETRY_DELAYS_MS, undefined]) {
      const lock = DirectoryLock.tryAcquire(directory, options);
      if (lock !== undefined) return lock;
      if (delay !== undefined) await sleep(delay);
    }
    throw new DirectoryInUseError(directory, readHolder(join(directory, LOCK_FILE)));
  }

  /**
   * The same at once, of a directory that is there.
   *
   * @returns undefined where it is held, or another process looks whether it is
   * @throws UnusableDirectoryError, LockUnavailableError
   */
  static tryAcquire(directory: string, { onLost }: DirectoryLockOptions = {}): DirectoryLock | undefined {
    const file = attempt(directory, () => LockedFile.take(join(realpathSync(directory), LOCK_FILE)));
    if (file === undefined) return undefined;
    file.write(`${JSON.stringify(thisProcess())}\n`);
    return new DirectoryLock(directory, file, onLost);
  }

  /** Whether a process holds a directory. Nothing is written. */
  static isHeld(directory: string): boolean {
    return LockedFile.isHeld(join(directory, LOCK_FILE));
  }

  /** Who holds it, as far as it says; undefined where it is free. */
  static holder(directory: string): LockHolder | undefined {
    return DirectoryLock.isHeld(directory) ? readHolder(join(directory, LOCK_FILE)) : undefined;
  }

  /**
   * Whether it is ours. Where the file was removed or replaced it is not: another process may have locked the one that
   * is there now.
   *
   * @throws errors of the file system
   */
  isOurs(): boolean {
    return !this.released && this.file.hasItsName();
  }

  /**
   * Gives the directory free. A second call does nothing.
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
      // Not for long in the way of other work, should the file system hang.
      await stat(this.directory).catch(() => undefined);
      if (this.released || this.isOurs()) return;
      clearInterval(this.watch);
      this.onLost?.(this.directory);
    } catch {
      // What cannot be looked at for now is looked at the next time.
    } finally {
      this.checking = false;
    }
  }
}

/** @throws UnusableDirectoryError in the place of an error of the file system */
function attempt<T>(directory: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isOfSystem(error) ? new UnusableDirectoryError(directory, error) : error;
  }
}

function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
