import { writevSync } from 'node:fs';

/**
 * `writev` until everything is written: it may take less than it is given.
 *
 * @param position where to write; at the end of a file that is open for appending, without
 */
export function writeFully(fd: number, parts: readonly Buffer[], length: number, position?: number): void {
  let rest = parts;
  for (let left = length; left > 0;) {
    const taken = writevSync(fd, rest, position === undefined ? undefined : position + length - left);
    if (taken === 0) throw new Error('The file system takes nothing.');
    left -= taken;
    if (left > 0) rest = behind(rest, taken);
  }
}

function behind(parts: readonly Buffer[], taken: number): Buffer[] {
  const rest: Buffer[] = [];
  let skip = taken;
  for (const part of parts) {
    if (skip < part.length) rest.push(part.subarray(skip));
    skip = Math.max(0, skip - part.length);
  }
  return rest;
}
