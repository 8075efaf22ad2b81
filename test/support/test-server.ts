import { rm } from 'node:fs/promises';
import { register } from 'prom-client';
import type { Extensions } from '../../src/app.module.js';
import { type AnalyticsClient, createAnalyticsClient } from '../../src/client/index.js';
import { readSettings } from '../../src/platform/config/index.js';
import { MetricsPort } from '../../src/platform/metrics/index.js';
import { type RunningServer, startServer } from '../../src/server/index.js';
import { metric } from './metrics.js';
import { runningServers } from './running-servers.js';
import { tempDir } from './temp-dir.js';

/** The whole server, in this process, on a free port of loopback. `await using` stops it. */
export class TestServer implements AsyncDisposable {
  private stopped: Promise<void> | undefined;

  private constructor(
    readonly server: RunningServer,
    readonly dataDir: string,
  ) {}

  static async start(
    databaseUrl: string,
    environment: Record<string, string> = {},
    extensions: Extensions = {},
  ): Promise<TestServer> {
    // The registry belongs to the process: each test begins with a new one, unless another server counts in it.
    if (runningServers.count === 0) register.clear();
    runningServers.count += 1;
    const dataDir = await tempDir('server');
    try {
      const server = await startServer(
        readSettings({
          DATABASE_URL: databaseUrl,
          HOST: '127.0.0.1',
          PORT: '0',
          DATA_DIR: dataDir,
          LOG_LEVEL: 'error',
          DB_SAVE_LATENCY_MS: '20',
          ...environment,
        }),
        extensions,
      );
      return new TestServer(server, dataDir);
    } catch (error) {
      runningServers.count -= 1;
      throw error;
    }
  }

  /** Started, with the database ready. */
  static async ready(
    databaseUrl: string,
    environment: Record<string, string> = {},
    extensions: Extensions = {},
  ): Promise<TestServer> {
    const server = await TestServer.start(databaseUrl, environment, extensions);
    try {
      await server.server.ready;
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
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

  async get(path: string): Promise<Response> {
    return await fetch(this.http + path);
  }

  /** Where the metrics are: on `METRICS_PORT`, if it is set. */
  get metricsHttp(): string {
    const port = this.server.app.get(MetricsPort).number ?? this.server.port;
    return `http://127.0.0.1:${port.toString()}`;
  }

  /** The values of a metric by its labels, as they stand: `{'path="/",outcome="stored"': 3}`. */
  async metric(name: string): Promise<Map<string, number>> {
    return metric(await (await fetch(`${this.metricsHttp}/metrics`)).text(), name);
  }

  stop(): Promise<void> {
    return (this.stopped ??= this.server.stop());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop();
    } finally {
      runningServers.count -= 1;
    }
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
