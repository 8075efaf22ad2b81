import { resolve } from 'node:path';
import { findEmbeddedPostgres, type FoundEmbeddedPostgres } from '../../embedded-postgres/index.js';
import type { Settings } from '../../platform/config/index.js';
import { DirectoryLock } from '../../platform/lock/index.js';
import { serverState, urlOf } from './running-server.js';

/**
 * The embedded PostgreSQL of a server that runs, if PostgreSQL has ended: only a restart of the server starts it again.
 * Undefined in all other cases.
 *
 * @throws errors of the file system, such as EACCES
 */
export async function endedPostgres({
  DATABASE_URL,
  DATA_DIR,
  HOST,
  PORT,
}: Settings): Promise<FoundEmbeddedPostgres | undefined> {
  if (DATABASE_URL !== undefined || PORT === 0) return undefined;
  const found = await findEmbeddedPostgres(DATA_DIR);
  if (found === undefined || found.url !== undefined) return undefined;
  // The server on PORT can have another DATA_DIR. It listens when its PostgreSQL has started.
  if (!DirectoryLock.isHeld(resolve(DATA_DIR))) return undefined;
  const state = await serverState(urlOf(HOST, PORT));
  return state === 'starting' || state === 'running' ? found : undefined;
}

export function restartAdvice({ log }: FoundEmbeddedPostgres): string {
  return `Read the end of ${log}, and restart the server.`;
}
