import type { NestExpressApplication } from '@nestjs/platform-express';
import { rm } from 'node:fs/promises';
import type pg from 'pg';
import { register } from 'prom-client';
import type { Extensions } from '../app.module.js';
import { type AnalyticsClient, createAnalyticsClient } from '../client/index.js';
import { readSettings, Settings } from '../platform/config/index.js';
import { MetricsPort } from '../platform/metrics/index.js';
import { PurgeContext, PurgeRegistry, PurgeReport } from '../purge/index.js';
import { type RunningServer, startServer } from '../server/index.js';
import { metric } from './metric.js';
import { onDatabase } from './on-database.js';
import { runningServers } from './running-servers.js';
import { tempDir } from './temp-dir.js';

const HOUR_MS = 3_600_000;

export interface TestServerOptions {
  /** The modules of a team. */
  extensions?: Extensions;
  /** Settings, as environment variables. Without `DATABASE_URL` the server starts a PostgreSQL of its own. */
  environment?: Readonly<Record<string, string>>;
  /** By default true: waits until the database is ready and nodes are accepted. */
  untilReady?: boolean;
}

/**
 * Starts the whole server in this process, on a free port of loopback, with its data in a temporary directory. The
 * environment of the process and `.env` are not read.
 *
 * @throws what the start of the server throws; then nothing is left running
 */
export async function startTestServer({
  extensions = {},
  environment = {},
  untilReady = true,
}: TestServerOptions = {}): Promise<TestServer> {
  // The registry belongs to the process: each test begins with a new one, unless another server counts in it.
  if (runningServers.count === 0) register.clear();
  runningServers.count += 1;
  const dataDir = await tempDir('server');
  const remove = async (): Promise<void> => {
    runningServers.count -= 1;
    await rm(dataDir, { recursive: true, force: true });
  };
  let server: TestServer;
  try {
    const settings = readSettings({
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: dataDir,
      LOG_LEVEL: 'error',
      DB_SAVE_LATENCY_MS: '20',
      ...environment,
    });
    server = new TestServer(await startServer(settings, extensions), dataDir, remove);
  } catch (error) {
    await remove();
    throw error;
  }
  try {
    if (untilReady) await server.server.ready;
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** A server of {@link startTestServer}. `await using` stops it, and removes its files. */
export class TestServer implements AsyncDisposable {
  private stopped: Promise<void> | undefined;

  /** @internal Call startTestServer. */
  constructor(
    readonly server: RunningServer,
    readonly dataDir: string,
    private readonly remove: () => Promise<void>,
  ) {}

  /** To get what modules provide: `server.app.get(Notes, { strict: false })`. */
  get app(): NestExpressApplication {
    return this.server.app;
  }

  get ws(): string {
    return `ws://127.0.0.1:${this.server.port.toString()}`;
  }

  get http(): string {
    return `http://127.0.0.1:${this.server.port.toString()}`;
  }

  /** The client that is generated from the OpenAPI document. */
  get api(): AnalyticsClient {
    return createAnalyticsClient(this.http);
  }

  async get(path: string, init?: RequestInit): Promise<Response> {
    return await fetch(this.http + path, init);
  }

  /** Where the metrics are: on `METRICS_PORT`, if it is set. */
  get metricsHttp(): string {
    const port = this.app.get(MetricsPort).number ?? this.server.port;
    return `http://127.0.0.1:${port.toString()}`;
  }

  /** The values of a metric by its labels, as they stand: `{'path="/",outcome="stored"': 3}`. */
  async metric(name: string): Promise<Map<string, number>> {
    return metric(await (await fetch(`${this.metricsHttp}/metrics`)).text(), name);
  }

  /** The rows of a statement on the server's database. */
  async query<Row extends pg.QueryResultRow>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return await onDatabase(
      this.server.databaseUrl,
      async (client) => (await client.query<Row>(sql, parameters)).rows,
    );
  }

  /**
   * Runs every purge part once.
   *
   * @param now the time of the purge: a later one removes what expires until then
   */
  async purge(now: Date = new Date()): Promise<PurgeReport> {
    const report = new PurgeReport();
    await onDatabase(this.server.databaseUrl, async (client) => {
      const expiryMs = this.app.get(Settings).LOG_EXPIRY_H * HOUR_MS;
      const { signal } = new AbortController();
      const context = new PurgeContext(client, now.getTime(), expiryMs, signal, false);
      for (const part of this.app.get(PurgeRegistry).inOrder()) await part.purge(context, report);
    });
    return report;
  }

  stop(): Promise<void> {
    return (this.stopped ??= this.server.stop());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop();
    } finally {
      await this.remove();
    }
  }
}
