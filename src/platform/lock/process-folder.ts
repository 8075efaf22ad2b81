import { rmSync } from 'node:fs';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { validate as isUuid } from 'uuid';
import { codeOf, ifExists } from '../errors/index.js';
import { DirectoryLock } from './directory-lock.js';

/*
 * Each process has a folder of its own below a common root, named by a UUIDv7 and locked while the process lives. Others
 * take over the folders of ended processes: for the journal, and for the observer.
 */

/** The names of the folders below a root, oldest first; none if the root does not exist. */
export async function listProcessFolders(root: string): Promise<string[]> {
  return ((await ifExists(readdir(root))) ?? []).filter((name) => isUuid(name)).sort();
}

/** Locks the folder of an ended process; undefined if a process holds it, or it was removed. */
export function lockIfAbandoned(path: string): DirectoryLock | undefined {
  try {
    return DirectoryLock.tryAcquire(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Removes a locked folder. If another process locks it meanwhile, that finds it empty and removes it.
 *
 * @param files the names of the files that may be left in it
 */
export async function removeProcessFolder(
  path: string,
  lock: DirectoryLock,
  files: readonly string[],
): Promise<void> {
  emptyProcessFolder(path, lock, files);
  try {
    await rmdir(path);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) throw error;
  }
}

/**
 * Removes the files of a locked folder and its lock, but leaves the folder.
 *
 * @param files the names of the files that may be left in it
 */
export function emptyProcessFolder(path: string, lock: DirectoryLock, files: readonly string[]): void {
  try {
    for (const name of files) rmSync(join(path, name), { force: true });
  } finally {
    lock.release({ removeFile: true });
  }
}
