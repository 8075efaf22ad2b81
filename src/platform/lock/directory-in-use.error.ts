import type { LockHolder } from './lock-holder.js';
import { OperatorError } from '../errors/index.js';

/** A directory is held by another process, or by another part of this one. */
export class DirectoryInUseError extends OperatorError {
  override readonly name = 'DirectoryInUseError';

  constructor(
    readonly directory: string,
    /** Undefined where it does not say. */
    readonly holder: LockHolder | undefined,
  ) {
    const who =
      holder === undefined
        ? 'another process holds it'
        : `process ${holder.pid.toString()} on host ${holder.host} has held it since ${holder.since}`;
    super(
      `The directory ${directory} is in use: ${who}. Stop that process, also if it is frozen, or choose another ` +
        `directory. As soon as it is gone, the directory is free.`,
    );
  }
}
