import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgresServer } from '../../src/embedded-postgres/index.js';
import { databaseNamed, onDatabase } from './on-database.js';
import { waitUntil } from './wait-until.js';
import { tempDir } from './temp-dir.js';

const quiet = { log: () => undefined, warn: () => undefined };

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

  /** Starts it again, on the port that it had. */
  async startAgain(): Promise<void> {
    const { port } = new URL(this.url);
    this.server = await EmbeddedPostgresServer.start({ dataDir: this.dataDir, logger: quiet });
    if (new URL(this.url).port !== port) throw new Error(`Port ${port} was taken by somebody else.`);
  }

  /** Ends every session of the database but our own. */
  async terminateBackends(): Promise<void> {
    await onDatabase(databaseNamed(this.url, 'postgres'), (client) =>
      client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL',
      ),
    );
  }

  private async postmaster(): Promise<number> {
    return Number((await readFile(join(this.dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
