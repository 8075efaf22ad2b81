import { OperatorError } from '../errors/index.js';

/** Nobody can tell whether files are in use here. They are then not used at all. */
export class LockUnavailableError extends OperatorError {
  override readonly name = 'LockUnavailableError';

  constructor(path: string, cause: unknown) {
    const { code, message } = cause as NodeJS.ErrnoException;
    super(
      `${path} cannot be locked, and without a lock two servers could destroy each other's files: ` +
        (isOfFileSystem(code)
          ? `the file system has no locks (${code}). Set DATA_DIR to a directory of a local disk, or of NFS 4.`
          : `the package fs-native-extensions does not work for ${process.platform} on ${process.arch} ` +
            `(${message}). Install the dependencies again (npm ci), on a system that it has a program for: ` +
            `Linux with glibc, macOS or Windows, on x64 or arm64.`),
      { cause },
    );
  }
}

/** Codes of errors of system calls, such as ENOLCK, and not those of Node's loader. */
function isOfFileSystem(code: string | undefined): code is string {
  return code !== undefined && /^E[A-Z0-9]+$/.test(code);
}
