import { chmod, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgresServer } from '../../src/embedded-postgres/index.js';

const quiet = { log: () => undefined, warn: console.warn };

/** A PostgreSQL whose data stays for the next run; or that of `DATABASE_URL`. */
export class KeptPostgres implements AsyncDisposable {
  private constructor(
    readonly url: string,
    /** What it logs; undefined for a server elsewhere. */
    readonly logFile: string | undefined,
    private readonly server: EmbeddedPostgresServer | undefined,
  ) {}

  static async start(dataDir: string): Promise<KeptPostgres> {
    const given = process.env.DATABASE_URL;
    if (given !== undefined && given !== '') return new KeptPostgres(given, undefined, undefined);
    await mkdir(dataDir, { recursive: true });
    // Where this runs as root, PostgreSQL's own user must get in.
    await chmod(dataDir, 0o755);
    const server = await EmbeddedPostgresServer.start({ dataDir, logger: quiet, maxConnections: 200 });
    console.log(`The data stays in ${dataDir} for the next run.`);
    return new KeptPostgres(server.url, join(dataDir, 'postgres.log'), server);
  }

  /** For each user one, since they cannot share it. */
  static defaultDir(): string {
    return join(tmpdir(), `tetcore-bench-query-${(process.getuid?.() ?? 0).toString()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server?.stop();
  }
}
