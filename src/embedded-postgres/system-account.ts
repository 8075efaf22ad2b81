import { execFile } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresUnavailableError } from './errors.js';

const run = promisify(execFile);
const NAME = 'postgres';
const ORDINARY_USER = 'run the server as a regular user';

/** A user of the operating system, other than root, by numbers. */
export interface SystemAccount {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root. Never so on Windows. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The system user `postgres`, which is created where it is missing.
 *
 * @throws EmbeddedPostgresUnavailableError if that fails
 */
export async function postgresAccount(): Promise<SystemAccount> {
  const account = (await lookUp()) ?? (await create());
  if (account.uid === 0) {
    throw new EmbeddedPostgresUnavailableError(`the user ${NAME} has the user id of root.`, ORDINARY_USER);
  }
  return account;
}

async function lookUp(): Promise<SystemAccount | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', NAME]), run('id', ['-g', NAME])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function create(): Promise<SystemAccount> {
  const home = ['--home-dir', '/nonexistent', '--no-create-home', '--shell', '/bin/false'];
  const attempts: [string, string[]][] = [
    ['useradd', ['--system', '--user-group', ...home, NAME]],
    // The group exists already.
    ['useradd', ['--system', '--gid', NAME, ...home, NAME]],
    // BusyBox.
    ['adduser', ['-S', '-D', '-H', '-h', '/nonexistent', '-s', '/bin/false', NAME]],
  ];
  const failures: string[] = [];
  for (const [program, args] of attempts) {
    try {
      await run(program, args);
      const account = await lookUp();
      if (account !== undefined) return account;
    } catch (error) {
      failures.push((error as Error).message.trim());
    }
  }
  throw new EmbeddedPostgresUnavailableError(
    `PostgreSQL cannot run as root, and creating the system user ${NAME} failed (${failures.join('; ')}).`,
    ORDINARY_USER,
  );
}

const READ = 4;
const SEARCH = 1;

/** Whether an account may enter a directory, by the modes of the directory and its parents. */
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
