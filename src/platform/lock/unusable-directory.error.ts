import { OperatorError } from '../errors/index.js';

const ADVICE: Record<string, string> = {
  EACCES: 'let the server write there',
  EPERM: 'let the server write there',
  EROFS: 'mount it for writing',
  ENOSPC: 'make room on that volume',
  EDQUOT: 'raise the quota',
  ENOTDIR: 'a part of the path is a file; remove it',
  EEXIST: 'a part of the path is a file; remove it',
};

/** What to do where a directory cannot be made or written, by the code of the system's error. */
export function adviceFor(code: string | undefined): string {
  return ADVICE[code ?? ''] ?? 'make it a directory that the server can write';
}

/** A directory cannot be made, or written to. A person must act. */
export class UnusableDirectoryError extends OperatorError {
  override readonly name = 'UnusableDirectoryError';
  readonly code: string | undefined;

  constructor(
    readonly directory: string,
    cause: unknown,
  ) {
    const { code, message } = cause as NodeJS.ErrnoException;
    super(
      `${directory} cannot be used (${message}): ${adviceFor(code)}, or set DATA_DIR to another directory.`,
      {
        cause,
      },
    );
    this.code = code;
  }
}
