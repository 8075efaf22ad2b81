import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SystemAccount } from './system-account.js';

const READ = 4;
const SEARCH = 1;

/** Whether an account may enter a directory, by the modes of it and of all that it lies in. */
export async function canEnter(account: SystemAccount, directory: string): Promise<boolean> {
  const real = await realpath(directory);
  for (let path = real; ; path = dirname(path)) {
    if (!(await allows(account, path, SEARCH))) return false;
    if (path === dirname(path)) return true;
  }
}

/** Whether an account may read a file, or list a directory. */
export async function canRead(account: SystemAccount, path: string): Promise<boolean> {
  const real = await realpath(path);
  return (await canEnter(account, dirname(real))) && (await allows(account, real, READ));
}

/** Whether an account may run a program. */
export async function canRun(account: SystemAccount, program: string): Promise<boolean> {
  const real = await realpath(program);
  return (await canEnter(account, dirname(real))) && (await allows(account, real, READ | SEARCH));
}

async function allows(account: SystemAccount, path: string, bits: number): Promise<boolean> {
  const { mode, uid, gid } = await stat(path);
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
  return ((mode >> shift) & bits) === bits;
}
