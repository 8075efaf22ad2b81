import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Settings } from '../config/index.js';

const MIB = 1024 ** 2;
/** Space that PostgreSQL may need for its write-ahead log: `max_wal_size` of the embedded one. Bytes. */
export const WAL_BYTES = 2048 * MIB;

/** Free space of the disk of a directory, for users other than root: bytes. */
export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** The directory itself, or the nearest one above it that exists. */
export async function nearestDirectory(directory: string): Promise<string> {
  for (let at = directory; ; at = dirname(at)) {
    const entry = await stat(at).catch(() => undefined);
    if (entry !== undefined || at === dirname(at)) return at;
  }
}

/** Space that a server may need on one disk, and how much there is. */
export interface DiskNeed {
  /** Directories of the server on this disk. */
  directories: string[];
  freeBytes: number;
  neededBytes: number;
}

/**
 * The disks of a server with the space that its journal and its embedded PostgreSQL may need, beside what is stored.
 *
 * @param journal the directory of the journal, or the nearest one above it that exists
 * @param cluster the directory of the embedded PostgreSQL; undefined if there is none
 * @throws errors of the file system
 */
export async function diskNeeds(
  { JOURNAL_MODE, JOURNAL_MAX_MIB }: Pick<Settings, 'JOURNAL_MODE' | 'JOURNAL_MAX_MIB'>,
  journal: string,
  cluster?: string,
): Promise<DiskNeed[]> {
  const uses = [{ directory: journal, bytes: JOURNAL_MODE === 'off' ? 0 : JOURNAL_MAX_MIB * MIB }];
  if (cluster !== undefined) uses.push({ directory: cluster, bytes: WAL_BYTES });
  const disks = new Map<number, DiskNeed>();
  for (const { directory, bytes } of uses) {
    const { dev } = await stat(directory);
    const disk = disks.get(dev) ?? { directories: [], freeBytes: await freeBytes(directory), neededBytes: 0 };
    disk.directories.push(directory);
    disk.neededBytes += bytes;
    disks.set(dev, disk);
  }
  return [...disks.values()];
}
