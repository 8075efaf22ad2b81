import type { LoggerService } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { DirectoryInUseError, DirectoryLock } from '../lock/index.js';

const POLL_MS = 500;

/**
 * Locks the data directory. A lock of another container or machine may be that of this server before it was
 * killed and its container restarted, so it is watched until it is renewed or expires, for half a minute at most.
 *
 * @throws DirectoryInUseError if another process holds it
 */
export async function lockDataDir(
  dataDir: string,
  logger: Pick<LoggerService, 'warn'>,
): Promise<DirectoryLock> {
  let first: DirectoryInUseError | undefined;
  for (;;) {
    try {
      return await DirectoryLock.acquire(dataDir);
    } catch (error) {
      if (!(error instanceof DirectoryInUseError) || !error.isRemote) throw error;
      if (first === undefined) {
        logger.warn(
          `Waiting to see whether ${dataDir} is still in use by a process on host ${error.holder.host}.`,
        );
        first = error;
      } else if (error.lastSeen > first.lastSeen || error.holder.token !== first.holder.token) {
        throw error;
      }
      await delay(POLL_MS);
    }
  }
}
