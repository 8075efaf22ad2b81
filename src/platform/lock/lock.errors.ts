import { accessDenied, OperatorError } from '../errors/index.js';
import type { LockHolder } from './directory-lock.js';

/** A directory is locked by another process, or by another part of this one. */
export class DirectoryInUseError extends OperatorError {
  override readonly name = 'DirectoryInUseError';

  constructor(
    readonly directory: string,
    /** Undefined where the lock file does not say. */
    readonly holder: LockHolder | undefined,
  ) {
    const who =
      holder === undefined
        ? 'another process has locked it'
        : `process ${holder.pid.toString()} on host ${holder.host} has locked it, since ${holder.since}`;
    super(
      `The directory ${directory} is in use: ${who}. Stop that process, or choose another directory. ` +
        `The lock ends with the process.`,
    );
  }
}

/** Files cannot be locked on this system. The server does not use them then. */
export class LockUnavailableError extends OperatorError {
  override readonly name = 'LockUnavailableError';

  constructor(path: string, cause: unknown) {
    const { code, message } = cause as NodeJS.ErrnoException;
    super(
      `${path} cannot be locked, and without a lock two servers could destroy each other's files: ` +
        (isOfFileSystem(code)
          ? `the file system has no locks (${code}). Set DATA_DIR to a directory of a local disk, or of NFS 4.`
          : `the package fs-native-extensions does not work for ${process.platform} on ${process.arch} ` +
            `(${message}). Install the dependencies again (npm ci), on a supported system: ` +
            `Linux with glibc, macOS or Windows, on x64 or arm64.`),
      { cause },
    );
  }
}

/** Codes of system calls, such as ENOLCK, and not of the module loader. */
function isOfFileSystem(code: string | undefined): code is string {
  return code !== undefined && /^E[A-Z0-9]+$/.test(code);
}

const ADVICE: Record<string, string> = {
  EACCES: 'give the server write permission',
  EPERM: 'give the server write permission',
  EROFS: 'mount it for writing',
  ENOSPC: 'free space on that volume',
  EDQUOT: 'raise the quota',
  ENOTDIR: 'a part of the path is a file; remove it',
  EEXIST: 'a part of the path is a file; remove it',
};

/** What to do where a directory cannot be created or written, by the code of the system's error. */
export function adviceFor(code: string | undefined): string {
  return ADVICE[code ?? ''] ?? 'make it a directory that the server can write to';
}

/** A directory cannot be created or written. */
export class UnusableDirectoryError extends OperatorError {
  override readonly name = 'UnusableDirectoryError';
  readonly code: string | undefined;

  constructor(
    readonly directory: string,
    cause: unknown,
  ) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const advice = accessDenied(cause) ?? adviceFor(code);
    super(`${directory} cannot be used (${message}): ${advice}, or set DATA_DIR to another directory.`, {
      cause,
    });
    this.code = code;
  }
}
