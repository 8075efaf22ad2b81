import { type Stats, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { codeOf } from './code-of.js';

const DENIED = new Set(['EACCES', 'EPERM']);

/**
 * Whose file or directory an error of the file system is about, and what to do; undefined for other errors.
 *
 * @param path of the file, if the error does not have it
 */
export function accessDenied(error: unknown, path = pathOf(error)): string | undefined {
  if (!DENIED.has(codeOf(error) ?? '') || path === undefined || process.geteuid === undefined)
    return undefined;
  const found = nearestExisting(resolve(path));
  if (found === undefined) return undefined;
  const user = process.geteuid();
  if (found.owner === user)
    return `user id ${user.toString()} owns ${found.path}, but its mode forbids that (chmod)`;
  return (
    `${found.path} belongs to user id ${found.owner.toString()}${found.owner === 0 ? ' (root)' : ''}, and this ` +
    `process has user id ${user.toString()}: give it that directory with its content (chown -R ${nameOf(user)}), or ` +
    `run the server as the owner`
  );
}

function pathOf(error: unknown): string | undefined {
  const path: unknown = error instanceof Error && 'path' in error ? error.path : undefined;
  return typeof path === 'string' ? path : undefined;
}

/** The file, or the first directory above it that this process can see. */
function nearestExisting(path: string): { path: string; owner: number } | undefined {
  for (let at = path; ; at = dirname(at)) {
    const entry = statOf(at);
    if (entry !== undefined) return { path: at, owner: entry.uid };
    if (at === dirname(at)) return undefined;
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function nameOf(user: number): string {
  try {
    return userInfo().username;
  } catch {
    return user.toString();
  }
}
