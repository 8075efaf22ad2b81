import { chmod, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgresServer } from '../../src/embedded-postgres/index.js';

const quiet = { log: () => undefined, warn: console.warn, error: console.error };

/** A PostgreSQL whose data stays for the next run; or that of `DATABASE_URL`. */
export class KeptPostgres implements AsyncDisposable {
  private constructor(
    private readonly given: string,
    private readonly dataDir: string,
    private server: EmbeddedPostgresServer | undefined,
  ) {}

  static async start(dataDir: string): Promise<KeptPostgres> {
    const given = process.env.DATABASE_URL;
    if (given !== undefined && given !== '') return new KeptPostgres(given, dataDir, undefined);
    await mkdir(dataDir, { recursive: true });
    // Where this runs as root, PostgreSQL's own user must get in.
    await chmod(dataDir, 0o755);
    const server = await launch(dataDir);
    console.log(`The data stays in ${dataDir} for the next run.`);
    return new KeptPostgres('', dataDir, server);
  }

  /** For each user one, since they cannot share it. */
  static defaultDir(bench = 'query'): string {
    return join(tmpdir(), `tetcore-bench-${bench}-${(process.getuid?.() ?? 0).toString()}`);
  }

  /** Another one after a restart, perhaps. */
  get url(): string {
    return this.server?.url ?? this.given;
  }

  /** What it logs; undefined for a server elsewhere. */
  get logFile(): string | undefined {
    return this.server && join(this.dataDir, 'postgres.log');
  }

  /** Stops and starts it, with nothing in its own memory. @returns false for a server elsewhere, which is left alone */
  async restart(): Promise<boolean> {
    if (this.server === undefined) return false;
    await this.server.stop();
    this.server = await launch(this.dataDir);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server?.stop();
  }
}

function launch(dataDir: string): Promise<EmbeddedPostgresServer> {
  return EmbeddedPostgresServer.start({ dataDir, logger: quiet, maxConnections: 200 });
}
