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
import { codeOf } from '../errors/index.js';
import { tryKernelLock } from './kernel-lock.js';

const { O_CREAT, O_RDONLY, O_RDWR } = constants;

/** Each further attempt means that the file was removed in that moment. */
const MAX_ATTEMPTS = 100;

/**
 * A file with a lock of the kernel, which lasts until its descriptor is closed: see {@link tryKernelLock}. The file is not
 * removed after use: one that is removed and created again could be locked twice.
 */
export class LockedFile {
  private constructor(
    readonly path: string,
    /** Child processes that inherit it prolong the lock until they have ended. */
    readonly fd: number,
    private readonly identity: BigIntStats,
  ) {}

  /**
   * Creates the file if it is missing, and locks it.
   *
   * @returns undefined where it is locked, in this process or another
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
        // Otherwise it was removed before it was locked, and another process may have locked the new file.
        if (file.isInPlace()) {
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

  /** Whether the file is locked. Writes nothing. A process that locks it in the same moment may have to retry. */
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
   * Whether its path is still this file. If not, another process may have locked the file that is there now.
   *
   * @throws errors of the file system
   */
  isInPlace(): boolean {
    return leadsTo(this.path, this.identity);
  }

  /** Replaces the content; on a full disk the file is empty then. */
  write(text: string): void {
    try {
      ftruncateSync(this.fd, 0);
      writeSync(this.fd, text, 0);
    } catch {
      // The content is for people only.
    }
  }

  /** Only for a directory that is removed as well. */
  unlink(): void {
    if (this.isInPlace()) unlinkSync(this.path);
  }

  close(): void {
    closeSync(this.fd);
  }

  /** A file that root creates in the directory of another user belongs to that user, who may start the server next. */
  private giveToOwnerOfDirectory(): void {
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = statSync(dirname(this.path));
    if (BigInt(uid) !== this.identity.uid) fchownSync(this.fd, uid, gid);
  }
}

/**
 * Whether a path is an open file, by its `fstat`: while it is open, no other file has its inode number.
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
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
