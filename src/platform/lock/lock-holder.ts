import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** What a lock file says of who holds it, as JSON. It is for people: the kernel knows whether it is held. */
export interface LockHolder {
  /** As that process sees itself: in another container this one may have the same. */
  pid: number;
  host: string;
  /** When the lock was taken, ISO 8601. */
  since: string;
}

export function thisProcess(): LockHolder {
  return { pid: process.pid, host: hostname(), since: new Date().toISOString() };
}

/** Undefined where it cannot be read: it is being written, or the disk was full. */
export function readHolder(path: string): LockHolder | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<LockHolder> | null;
    return typeof value?.pid === 'number' && typeof value.host === 'string' && typeof value.since === 'string'
      ? (value as LockHolder)
      : undefined;
  } catch {
    return undefined;
  }
}
