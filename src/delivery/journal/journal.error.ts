import { adviceFor, LockUnavailableError } from '../../platform/lock/index.js';
import { accessDenied, codeOf, OperatorError } from '../../platform/errors/index.js';
import type { JournalDamage } from './records.js';

/** The journal directory cannot be created or written. An operator must act. */
export class JournalUnavailableError extends OperatorError {
  override readonly name = 'JournalUnavailableError';
  readonly code: string | undefined;

  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    const code = codeOf(cause);
    const why =
      cause instanceof LockUnavailableError
        ? `: ${cause.message} Or`
        : ` (${code ?? String(cause)}): ${accessDenied(cause) ?? adviceFor(code)}, set DATA_DIR to another directory, or`;
    super(`The journal cannot be stored in ${path}${why} set JOURNAL_MODE=off to run without a journal.`, {
      cause,
    });
    this.code = code;
  }
}

/** The batch does not fit within the limit on disk. It is not in the journal. */
export class JournalFullError extends OperatorError {
  override readonly name = 'JournalFullError';

  constructor(
    readonly size: number,
    readonly bytes: number,
    readonly maxBytes: number,
  ) {
    super(`A record of ${size} bytes does not fit: the journal holds ${bytes} of at most ${maxBytes} bytes.`);
  }
}

/** The file system failed to write the batch. It is not in the journal; everything else still is. */
export class JournalWriteError extends OperatorError {
  override readonly name = 'JournalWriteError';
  readonly code: string | undefined;

  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    super(
      `The journal could not be written in ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
    this.code = codeOf(cause);
  }
}

/** A batch was appended to a journal that is closed. */
export class JournalClosedError extends OperatorError {
  override readonly name = 'JournalClosedError';

  constructor() {
    super('The journal is closed.');
  }
}

/** A record is lost. It is to be marked as done. */
export class JournalDamageError extends OperatorError {
  override readonly name = 'JournalDamageError';

  constructor(readonly damage: JournalDamage) {
    super(`${damage.file}: ${damage.bytes} bytes at offset ${damage.offset} are lost: ${damage.reason}.`);
  }
}

/** This version cannot read a journal. */
export class JournalFormatError extends OperatorError {
  override readonly name = 'JournalFormatError';
}

/** The bytes are not a batch. */
export class BatchFormatError extends Error {
  override readonly name = 'BatchFormatError';
}
