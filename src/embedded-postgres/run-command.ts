import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { EmbeddedPostgresUnavailableError } from './errors.js';
import type { SystemAccount } from './system-account.js';

export interface CommandResult {
  /** Null if a signal ended it. */
  exitCode: number | null;
  /** Standard output and error; empty where they went to a file. */
  output: string;
}

export interface CommandOptions {
  /** The user that runs it; undefined: the user of this process. */
  account?: SystemAccount | undefined;
  /** An open file for the output, also of processes that keep running after the command. */
  outputFd?: number;
  /** An open file that processes which keep running after the command inherit. */
  inheritedFd?: number;
  /** In its own process group, without signals of the terminal. */
  detached?: boolean;
}

/**
 * Runs a program of PostgreSQL to its end, without the environment of this process.
 *
 * @throws EmbeddedPostgresUnavailableError if it cannot be run at all
 */
export function runCommand(
  program: string,
  args: readonly string[],
  { account, outputFd, inheritedFd, detached = false }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      // This process's working directory may be closed to the account.
      cwd: process.platform === 'win32' ? dirname(program) : '/',
      // On Windows Node adds the few variables that every process needs.
      env: {
        ...(process.platform === 'win32'
          ? {}
          : { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }),
        LC_ALL: 'C',
        TZ: 'UTC',
      },
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
      stdio: [
        'ignore',
        ...(outputFd === undefined ? (['pipe', 'pipe'] as const) : [outputFd, outputFd]),
        ...(inheritedFd === undefined ? [] : [inheritedFd]),
      ],
      detached,
      windowsHide: true,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      const user = account === undefined ? '' : ` as user id ${account.uid.toString()}`;
      // The file is there, so what is not found is the loader or the C library that it was built for.
      const why = error.code === 'ENOENT' ? 'it requires glibc' : error.message;
      reject(new EmbeddedPostgresUnavailableError(`cannot run ${program}${user} (${why}).`));
    });
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
}
