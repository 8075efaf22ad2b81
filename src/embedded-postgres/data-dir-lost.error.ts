import { type BigIntStats, existsSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../platform/errors/index.js';
import { DirectoryLock, leadsTo, type LockHolder } from '../platform/lock/index.js';

/** Where a running PostgreSQL has its files. */
export interface DataPlace {
  dataDir: string;
  /** Of the data directory, as it was at the start. */
  identity: BigIntStats;
  /** The real path of its files. */
  cluster: string;
}

/** The data directory, its lock file or the cluster was removed or replaced while the server was running. */
export class DataDirLostError extends OperatorError {
  override readonly name = 'DataDirLostError';

  constructor(place: DataPlace) {
    super(
      `DATA_DIR is lost: ${lossOf(place)} PostgreSQL was stopped immediately, and the server stops. What is left of the ` +
        `journal is stored at the next start.`,
    );
  }
}

export function isClusterMissing(cluster: string): boolean {
  return !existsSync(join(cluster, 'PG_VERSION'));
}

const RESTORE = 'Restore it from a backup, or start the server again with an empty database.';

/** What happened, as sentences with what to do. */
function lossOf({ dataDir, identity, cluster }: DataPlace): string {
  // The journal may have created it again.
  if (!isInPlace(dataDir, identity)) return `${dataDir} was removed while the server was running. ${RESTORE}`;
  if (isClusterMissing(cluster))
    return `the database in ${cluster} was removed while the server was running. ${RESTORE}`;
  const lockFile = join(dataDir, 'lock');
  if (!existsSync(lockFile)) {
    return (
      `${lockFile} was removed while the server was running, so another server could use the database. ` +
      `Start the server again.`
    );
  }
  const holder = holderOf(dataDir);
  const taken =
    holder === undefined
      ? `another file took its place, so another server could use the database. Make sure that none does, and start the server again.`
      : `process ${holder.pid.toString()} on host ${holder.host} has locked the new file. Let only one of the two servers use ${dataDir}.`;
  return `${lockFile} was replaced while the server was running: ${taken}`;
}

function holderOf(dataDir: string): LockHolder | undefined {
  try {
    return DirectoryLock.holder(dataDir);
  } catch {
    return undefined;
  }
}

function isInPlace(path: string, identity: BigIntStats): boolean {
  try {
    return leadsTo(path, identity);
  } catch {
    return true;
  }
}
