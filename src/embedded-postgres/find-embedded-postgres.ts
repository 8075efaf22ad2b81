import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { databaseUrl, layoutOf, readIfThere } from './data-layout.js';
import { isPostmasterOf, readPostmasterFile } from './postmaster-file.js';

/** The PostgreSQL of a data directory, as it is now. */
export interface FoundEmbeddedPostgres {
  /** The real path of its files. */
  cluster: string;
  /** With user, password and port; undefined where it does not run. */
  url: string | undefined;
}

/**
 * Looks for the PostgreSQL that a server has made in a data directory. Starts nothing, and changes nothing.
 *
 * @returns undefined where there is none yet
 * @throws errors of the file system, such as EACCES where it belongs to another user
 */
export async function findEmbeddedPostgres(dataDir: string): Promise<FoundEmbeddedPostgres | undefined> {
  const layout = layoutOf(resolve(dataDir));
  let cluster: string;
  try {
    cluster = await realpath(layout.cluster);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const postmaster = await readPostmasterFile(cluster);
  const password = await readIfThere(layout.password);
  if (postmaster === undefined || password === undefined) return { cluster, url: undefined };
  const runs = postmaster.port > 0 && (await isPostmasterOf(cluster, postmaster.pid));
  return { cluster, url: runs ? databaseUrl(password, postmaster.port) : undefined };
}
