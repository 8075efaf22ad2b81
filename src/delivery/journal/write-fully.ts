import { writevSync } from 'node:fs';

/** `writev` until everything is written: it may take less than it is given. */
export function writeFully(fd: number, parts: readonly Buffer[], length: number): void {
  let rest = parts;
  for (let left = length; left > 0;) {
    const taken = writevSync(fd, rest);
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
