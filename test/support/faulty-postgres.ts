import { execFile } from 'node:child_process';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresServer } from '../../src/embedded-postgres/index.js';
import { databaseNamed, onDatabase } from './on-database.js';
import { waitUntil } from './wait-until.js';
import { tempDir } from './temp-dir.js';
import { isAlive } from './is-alive.js';

const copy = promisify(execFile);
const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** A PostgreSQL of a test's own, which can be made to fail. */
export class FaultyPostgres implements AsyncDisposable {
  private constructor(
    private readonly dataDir: string,
    private server: EmbeddedPostgresServer,
  ) {}

  static async start(): Promise<FaultyPostgres> {
    const dataDir = await tempDir('faulty');
    return new FaultyPostgres(dataDir, await EmbeddedPostgresServer.start({ dataDir, logger: quiet }));
  }

  get url(): string {
    return this.server.url;
  }

  /** `fast` ends every session and checkpoints; `immediate` ends as a crash does. Waits until it is gone. */
  async stop(how: 'fast' | 'immediate'): Promise<void> {
    const pid = await this.postmaster();
    process.kill(pid, how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await waitUntil(() => !isAlive(pid), { what: 'PostgreSQL to end', timeoutMs: 30_000 });
    await this.server.stop();
  }

  /** Every process of it at once, as when its machine loses power. Waits until they are gone. */
  async kill(): Promise<void> {
    const postmaster = await this.postmaster();
    const all = [postmaster, ...(await childrenOf(postmaster))];
    for (const pid of all) signal(pid, 'SIGKILL');
    await waitUntil(() => !all.some(isAlive), { what: 'PostgreSQL to be gone', timeoutMs: 30_000 });
    await this.server.stop();
  }

  /** Copies its files while it is stopped, and starts it again. It has one backup, the newest. */
  async backUp(): Promise<void> {
    await this.stop('fast');
    await rm(this.backup, { recursive: true, force: true });
    await copy('cp', ['-a', this.cluster, this.backup]);
    await this.startAgain();
  }

  /** Crashes it, puts the backup in the place of its files, and starts it again. */
  async restore(): Promise<void> {
    await this.stop('immediate');
    await rm(this.cluster, { recursive: true });
    await rename(this.backup, this.cluster);
    await this.startAgain();
  }

  /** Starts it again, on the port that it had. */
  async startAgain(): Promise<void> {
    const { port } = new URL(this.url);
    this.server = await EmbeddedPostgresServer.start({ dataDir: this.dataDir, logger: quiet });
    if (new URL(this.url).port !== port) throw new Error(`Port ${port} was taken by another process.`);
  }

  /** Ends every session of the database but our own. */
  async terminateBackends(): Promise<void> {
    await onDatabase(databaseNamed(this.url, 'postgres'), (client) =>
      client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL',
      ),
    );
  }

  /** No process of it does anything any more, but the kernel still takes what is sent to it. */
  async freeze(): Promise<void> {
    // The postmaster first, so that it makes no more.
    const postmaster = await this.postmaster();
    process.kill(postmaster, 'SIGSTOP');
    for (const pid of await childrenOf(postmaster)) signal(pid, 'SIGSTOP');
  }

  async thaw(): Promise<void> {
    const postmaster = await this.postmaster();
    for (const pid of await childrenOf(postmaster)) signal(pid, 'SIGCONT');
    process.kill(postmaster, 'SIGCONT');
  }

  /** Kills the process of one session, as when memory runs out: PostgreSQL then ends all others and recovers. */
  async killBackend(): Promise<void> {
    await onDatabase(databaseNamed(this.url, 'postgres'), async (client) => {
      const { rows } = await client.query<{ pid: number }>(
        'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL ORDER BY state, pid LIMIT 1',
      );
      if (rows[0] !== undefined) signal(rows[0].pid, 'SIGKILL');
    });
  }

  /** Waits until it takes connections. */
  async answers(timeoutMs = 60_000): Promise<void> {
    await waitUntil(
      () => onDatabase(databaseNamed(this.url, 'postgres'), (client) => client.query('SELECT 1')),
      { what: 'PostgreSQL to take connections', timeoutMs, everyMs: 50 },
    );
  }

  private get cluster(): string {
    return join(this.dataDir, 'postgres');
  }

  private get backup(): string {
    return join(this.dataDir, 'backup');
  }

  private async postmaster(): Promise<number> {
    return Number((await readFile(join(this.cluster, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

/** It may have ended meanwhile. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
