import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { EmbeddedPostgresUnavailableError } from './embedded-postgres-unavailable.error.js';

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
