import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { binariesFor, locateBinaries, type PostgresBinaries } from '../../src/embedded-postgres/binaries.js';
import { runCommand } from '../../src/embedded-postgres/run-command.js';
import { isRoot, postgresAccount, type SystemAccount } from '../../src/embedded-postgres/system-account.js';
import { freePort } from './free-port.js';
import { tempDir } from './temp-dir.js';

const SYSTEM_DIR = '/var/lib/tetcore-analytics';
const PASSWORD = 'cluster';

interface ClusterOptions {
  /** Of another version than the embedded one. */
  binaries?: PostgresBinaries;
  settings?: Record<string, string>;
  /** Lines of `pg_hba.conf`. */
  hba?: readonly string[];
}

/** A PostgreSQL of a test's own with any settings, files and version, also on a Unix socket. `await using` ends it. */
export class PostgresCluster implements AsyncDisposable {
  private constructor(
    private readonly directory: string,
    private readonly binaries: PostgresBinaries,
    private readonly account: SystemAccount | undefined,
    readonly port: number,
  ) {}

  static async start({ binaries, settings = {}, hba }: ClusterOptions = {}): Promise<PostgresCluster> {
    const cluster = await PostgresCluster.empty(binaries);
    await cluster.write('password', PASSWORD);
    await cluster.command(cluster.binaries.initdb, [
      `--pgdata=${cluster.data}`,
      '--username=postgres',
      `--pwfile=${cluster.path('password')}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ]);
    await cluster.configure(settings, hba);
    await cluster.run();
    return cluster;
  }

  private static async empty(given?: PostgresBinaries): Promise<PostgresCluster> {
    const account = isRoot() ? await postgresAccount() : undefined;
    const located = given ?? (await locateBinaries());
    const binaries = account === undefined ? located : await binariesFor(account, located, SYSTEM_DIR);
    const directory = await tempDir('cluster');
    if (account !== undefined) await chown(directory, account.uid, account.gid);
    return new PostgresCluster(directory, binaries, account, await freePort());
  }

  /** The directory of its Unix socket, and of files of {@link write}. */
  get socketDirectory(): string {
    return this.directory;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Of the superuser, over TCP. */
  url(database = 'postgres', host = '127.0.0.1'): string {
    return `postgres://postgres:${PASSWORD}@${host}:${this.port}/${database}`;
  }

  /** Writes a file that only PostgreSQL can read. */
  async write(name: string, text: string): Promise<void> {
    await writeFile(this.path(name), text, { mode: 0o600 });
    if (this.account !== undefined) await chown(this.path(name), this.account.uid, this.account.gid);
  }

  async reload(): Promise<void> {
    await this.control('reload');
  }

  async stop(): Promise<void> {
    await this.control('stop', '-m', 'immediate', '-w');
  }

  /** A standby: a copy of its files, taken while it is stopped, that waits for more. */
  async standby(): Promise<PostgresCluster> {
    await this.control('stop', '-m', 'fast', '-w');
    const copy = await PostgresCluster.empty(this.binaries);
    await this.command('/bin/cp', ['-a', this.data, copy.data]);
    await this.run();
    await copy.write('data/standby.signal', '');
    await copy.configure({});
    await copy.run();
    return copy;
  }

  private get data(): string {
    return join(this.directory, 'data');
  }

  private async configure(settings: Record<string, string>, hba?: readonly string[]): Promise<void> {
    const all = {
      port: String(this.port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: this.directory,
      shared_buffers: '16MB',
      ...settings,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name} = '${value}'\n`);
    await this.write('data/postgresql.auto.conf', lines.join(''));
    if (hba !== undefined) await this.write('data/pg_hba.conf', `${hba.join('\n')}\n`);
  }

  private async run(): Promise<void> {
    await this.control('start', '-w', '-l', join(this.data, 'log'));
  }

  private async control(...args: string[]): Promise<void> {
    await this.command(this.binaries.pgCtl, [...args, '-s', '-D', this.data]);
  }

  private async command(program: string, args: readonly string[]): Promise<void> {
    const { exitCode, output } = await runCommand(program, args, { account: this.account });
    if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${output}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
    await rm(this.directory, { recursive: true, force: true });
  }
}
