import { execFile } from 'node:child_process';
import { constants, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readIfThere } from './data-layout.js';

/** A pid that no process can have, on any platform. */
const NOBODY = '2147483647';

/** What `postmaster.pid` in a cluster says; see src/include/utils/pidfile.h in PostgreSQL. */
export interface PostmasterFile {
  pid: number;
  port: number;
}

export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | undefined> {
  const lines = (await readIfThere(join(cluster, 'postmaster.pid')))?.split('\n') ?? [];
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, port: Number(lines[3] ?? 0) } : undefined;
}

/** Whether the process with this pid is the postmaster of the cluster, and not a later one with its pid. */
export async function isPostmasterOf(cluster: string, pid: number): Promise<boolean> {
  if (process.platform === 'linux') {
    const commandLine = await readFile(`/proc/${pid.toString()}/cmdline`, 'utf8').catch(() => '');
    return commandLine.split('\0').includes(cluster);
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (process.platform === 'win32') return true;
  const listed = await promisify(execFile)('ps', ['-p', pid.toString(), '-o', 'command=']).catch(
    () => undefined,
  );
  return listed?.stdout.includes(cluster) ?? false;
}

/**
 * Takes the pid out of a `postmaster.pid` that was left behind and whose pid now belongs to something else, as
 * it easily does in a restarted container: PostgreSQL would refuse to start. The rest of the file has to stay,
 * for by it PostgreSQL makes sure that no process of the former server still uses the data.
 */
export async function disownPostmasterFile(cluster: string): Promise<void> {
  const noFollow = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;
  const file = await open(join(cluster, 'postmaster.pid'), constants.O_RDWR | noFollow);
  try {
    const text = await file.readFile('utf8');
    await file.truncate();
    await file.write(text.replace(/^\d+/, NOBODY), 0);
  } finally {
    await file.close();
  }
}
