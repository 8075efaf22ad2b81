import { REMOTE_LOCK_EXPIRY_MS, isOfThisMachine, type LockHolder } from './lock-holder.js';

/** A directory is held by another process, or by another part of this one. */
export class DirectoryInUseError extends Error {
  override readonly name = 'DirectoryInUseError';

  /**
   * Whether the holder cannot be looked up from here, being on another machine or in another container. It may
   * then be gone already; if it is not, `lastSeen` moves on within seconds.
   */
  readonly isRemote: boolean;

  constructor(
    readonly directory: string,
    readonly holder: LockHolder,
    /** When the holder last renewed its lock. */
    readonly lastSeen: Date,
  ) {
    const isRemote = !isOfThisMachine(holder);
    const expiry = (REMOTE_LOCK_EXPIRY_MS / 1000).toString();
    super(
      `The directory ${directory} is in use: process ${holder.pid.toString()} on host ${holder.host} has held ` +
        `it since ${holder.since}. Stop that process, or choose another directory.` +
        (isRemote
          ? ` If that process is gone, the directory is free ${expiry} seconds after its last sign of life, ` +
            `which was at ${lastSeen.toISOString()}.`
          : ''),
    );
    this.isRemote = isRemote;
  }
}
