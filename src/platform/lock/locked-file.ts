import {
  type BigIntStats,
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  ftruncateSync,
  openSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { tryKernelLock } from './kernel-lock.js';

const { O_CREAT, O_RDONLY, O_RDWR } = constants;

/** Each further one means that the file was removed in that moment. */
const MAX_ATTEMPTS = 100;

/**
 * A file with a lock of the kernel on it, which lasts until its descriptor is closed: see {@link tryKernelLock}. It is
 * left where it is, for a file that is removed and made anew could be locked twice.
 */
export class LockedFile {
  private constructor(
    readonly path: string,
    /** To hand it down: the lock then lasts until the processes that have it are gone too. */
    readonly fd: number,
    private readonly identity: BigIntStats,
  ) {}

  /**
   * Creates the file where it is missing, and locks it.
   *
   * @returns undefined where another holds it, in this process or elsewhere
   * @throws LockUnavailableError; errors of the file system
   */
  static take(path: string): LockedFile | undefined {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const fd = openSync(path, O_RDWR | O_CREAT, 0o600);
      try {
        if (!tryKernelLock(path, fd)) {
          closeSync(fd);
          return undefined;
        }
        const file = new LockedFile(path, fd, fstatSync(fd, { bigint: true }));
        // Else it was removed before it was locked, and another may have locked the one that is there now.
        if (file.hasItsName()) {
          file.giveToOwnerOfDirectory();
          return file;
        }
      } catch (error) {
        closeSync(fd);
        throw error;
      }
      closeSync(fd);
    }
    throw new Error(`${path} is removed again and again.`);
  }

  /** Whether another holds it. Writes nothing; one that takes the lock in that very moment may have to try again. */
  static isHeld(path: string): boolean {
    let fd: number;
    try {
      fd = openSync(path, O_RDONLY);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    try {
      return !tryKernelLock(path, fd, true);
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Whether its path still leads to it. Where not, another may have locked what is there now.
   *
   * @throws errors of the file system
   */
  hasItsName(): boolean {
    return leadsTo(this.path, this.identity);
  }

  /** Writes what it says; where there is no room it says nothing. */
  write(text: string): void {
    try {
      ftruncateSync(this.fd, 0);
      writeSync(this.fd, text, 0);
    } catch {
      // It is for people only.
    }
  }

  /** Removes it. Only for a directory that is removed with it. */
  unlink(): void {
    if (this.hasItsName()) unlinkSync(this.path);
  }

  close(): void {
    closeSync(this.fd);
  }

  /** What root makes in a directory of another user is that user's, who may start the server the next time. */
  private giveToOwnerOfDirectory(): void {
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = statSync(dirname(this.path));
    if (BigInt(uid) !== this.identity.uid) fchownSync(this.fd, uid, gid);
  }
}

/**
 * Whether a path leads to a file that is open, whose `fstat` is given: as long as it is open no other has its number.
 *
 * @throws errors of the file system
 */
export function leadsTo(path: string, identity: BigIntStats): boolean {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found?.ino === identity.ino && found.dev === identity.dev;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
