import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and those that it lies in, as far as they are missing.
 *
 * @throws errors of the file system. That of a file system which is read-only is EROFS here, where the recursive
 *   `mkdir` of Node says ENOENT.
 */
export function makeDirectory(path: string, mode?: number): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeDirectory(dirname(path));
  try {
    mkdirSync(path, mode);
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
