import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { EmbeddedPostgresServer } from '../../src/embedded-postgres/index.js';
import { postgresProcesses } from './cpu.js';
import { databaseNamed, onDatabase } from '../../test/support/on-database.js';

const quiet = { log: () => undefined, warn: console.warn, error: console.error };

/** A PostgreSQL of the benchmark's own, or that of `DATABASE_URL`. */
export class BenchPostgres implements AsyncDisposable {
  private constructor(
    readonly url: string,
    private readonly isOwn: boolean,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(): Promise<BenchPostgres> {
    const given = process.env.DATABASE_URL;
    if (given !== undefined && given !== '') return new BenchPostgres(given, false, () => Promise.resolve());
    const dataDir = await mkdtemp(join(tmpdir(), 'tetcore-bench-'));
    // Where this runs as root, PostgreSQL's own user must get in.
    await chmod(dataDir, 0o755);
    const first = await EmbeddedPostgresServer.start({ dataDir, logger: quiet, maxConnections: 200 });
    await onDatabase(databaseNamed(first.url, 'postgres'), (client) =>
      client.query('ALTER SYSTEM SET track_commit_timestamp = on'),
    );
    await first.stop();
    const server = await EmbeddedPostgresServer.start({ dataDir, logger: quiet, maxConnections: 200 });
    return new BenchPostgres(server.url, true, async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    });
  }

  /** The URL of a database that is new and empty. */
  async fresh(name: string): Promise<string> {
    await onDatabase(databaseNamed(this.url, 'postgres'), async (client) => {
      await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
      await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} ENCODING 'UTF8' TEMPLATE template0`);
    });
    return databaseNamed(this.url, name);
  }

  processes(): Promise<number[]> {
    return postgresProcesses(this.url);
  }

  /** Turns autovacuum off; not in a server elsewhere, which is not ours to set up. */
  async stopAutovacuum(): Promise<void> {
    if (!this.isOwn) return;
    await onDatabase(databaseNamed(this.url, 'postgres'), async (client) => {
      await client.query('ALTER SYSTEM SET autovacuum = off');
      await client.query('SELECT pg_reload_conf()');
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
