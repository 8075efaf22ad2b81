import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { appendFile, chown, cp, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { runCommand } from '../../src/embedded-postgres/run-command.js';
import { isRoot, postgresAccount } from '../../src/embedded-postgres/system-account.js';
import { freePort } from '../support/free-port.js';
import { tempDir } from '../support/temp-dir.js';

/** Where Debian keeps each major version. */
const DEBIAN = '/usr/lib/postgresql';

export interface PostgresServerOptions {
  /** Additions to `postgresql.conf`. */
  settings?: Readonly<Record<string, string>>;
  /** A base backup from which it recovers; an empty cluster if undefined. */
  backup?: string;
}

/** PostgreSQL's own programs, as a system has them. */
export class PostgresTools {
  private constructor(
    private readonly bin: string,
    readonly major: number,
  ) {}

  /** All that are installed here, the newest first. */
  static async installed(): Promise<PostgresTools[]> {
    const folders = [
      ...(process.env.PATH ?? '').split(delimiter),
      ...listed(DEBIAN).map((version) => join(DEBIAN, version, 'bin')),
    ].filter((folder) => listed(folder).includes('pg_dump'));
    const tools = await Promise.all(
      [...new Set(folders)].map(async (bin) => {
        const { output } = await runCommand(join(bin, 'pg_dump'), ['--version']);
        return new PostgresTools(bin, Number(/\) (\d+)/.exec(output)?.[1] ?? 0));
      }),
    );
    return tools.sort((one, other) => other.major - one.major);
  }

  get hasServer(): boolean {
    const programs = listed(this.bin);
    return ['initdb', 'pg_ctl', 'postgres'].every((program) => programs.includes(program));
  }

  /** @throws Error with what it says, if it fails */
  async run(program: string, ...args: string[]): Promise<void> {
    const { exitCode, output } = await runCommand(join(this.bin, program), args);
    if (exitCode !== 0)
      throw new Error(`${program} ${args.join(' ')} ended with ${String(exitCode)}: ${output}`);
  }

  /** A server of this version. `await using` stops it. */
  async startServer({ settings = {}, backup }: PostgresServerOptions = {}): Promise<
    AsyncDisposable & { url: string }
  > {
    const account = isRoot() ? await postgresAccount() : undefined;
    const dataDir = await tempDir('system-postgres');
    if (account !== undefined) await chown(dataDir, account.uid, account.gid);
    const port = (await freePort()).toString();
    const cluster = join(dataDir, 'cluster');
    const run = async (program: string, ...args: string[]): Promise<void> => {
      const { exitCode, output } = await runCommand(join(this.bin, program), args, { account });
      if (exitCode !== 0) throw new Error(`${program} ended with ${String(exitCode)}: ${output}`);
    };
    if (backup === undefined) {
      const empty = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
      await run('initdb', '-D', cluster, ...empty);
    } else {
      await cp(backup, cluster, { recursive: true });
      await writeFile(join(cluster, 'recovery.signal'), '');
      if (account !== undefined) {
        await promisify(execFile)('chown', [
          '-R',
          `${account.uid.toString()}:${account.gid.toString()}`,
          cluster,
        ]);
      }
    }
    const lines = Object.entries(settings).map(
      ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`,
    );
    await appendFile(join(cluster, 'postgresql.conf'), lines.join(''));
    const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=60 -c fsync=off`;
    await run('pg_ctl', 'start', '-w', '-s', '-D', cluster, '-o', options, '-l', join(dataDir, 'log'));
    let isStopped = false;
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      [Symbol.asyncDispose]: async () => {
        if (isStopped) return;
        isStopped = true;
        await run('pg_ctl', 'stop', '-w', '-s', '-m', 'immediate', '-D', cluster);
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
