import { rm } from 'node:fs/promises';
import { TestDatabase } from '../support/databases.js';
import { Ends } from '../support/ends.js';
import { freePort } from '../support/free-port.js';
import { HaproxyProcess, type HaproxySettings } from '../support/haproxy.js';
import { sumOf } from '../support/metrics.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

/** Two servers on one database, and HAProxy before them. */
export class Site implements AsyncDisposable {
  private constructor(
    readonly database: TestDatabase,
    readonly servers: readonly ServerProcess[],
    /** Where the metrics of each are. */
    readonly metrics: readonly string[],
    readonly proxy: HaproxyProcess,
    private readonly ends: Ends,
  ) {}

  static async start(
    environment: Record<string, string> = {},
    settings: HaproxySettings = {},
  ): Promise<Site> {
    const ends = new Ends();
    try {
      const database = ends.add(await TestDatabase.create());
      const servers: ServerProcess[] = [];
      const checkPorts: number[] = [];
      for (const name of ['a', 'b']) {
        const dataDir = await tempDir(`replica-${name}`);
        ends.add({ [Symbol.asyncDispose]: () => rm(dataDir, { recursive: true, force: true }) });
        const metricsPort = await freePort();
        checkPorts.push(metricsPort);
        servers.push(
          ends.add(
            await ServerProcess.ready(await freePort(), {
              DATABASE_URL: database.url,
              DATA_DIR: dataDir,
              DB_SAVE_LATENCY_MS: '20',
              CACHE_UPDATE_INTERVAL_MS: '100',
              TRUSTED_PROXIES: '127.0.0.1',
              METRICS_PORT: metricsPort.toString(),
              ...environment,
            }),
          ),
        );
      }
      const ports = servers.map(({ port }) => port);
      const proxy = ends.add(await HaproxyProcess.start(ports, { checkPorts, settings }));
      await proxy.finds(0, 'UP');
      await proxy.finds(1, 'UP');
      const metrics = checkPorts.map((port) => `http://127.0.0.1:${port}/metrics`);
      return new Site(database, servers, metrics, proxy, ends);
    } catch (error) {
      await ends[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A metric of both servers together. */
  async sum(name: string, label = ''): Promise<number> {
    const texts = this.metrics.map(async (url) => (await fetch(url)).text());
    return (await Promise.all(texts)).reduce((sum, text) => sum + sumOf(text, name, label), 0);
  }

  async stored(msg: string): Promise<number> {
    return (await this.database.query('SELECT FROM tetcore_logs WHERE msg = $1', [msg])).length;
  }

  /** By the names that nodes gave themselves. */
  async addresses(names: readonly string[]): Promise<Record<string, string>> {
    const rows = await waitUntil(
      async () => {
        const found = await this.database.query<{ name: string; ip_addr: string }>(
          'SELECT name, ip_addr FROM peer_connections WHERE name = ANY($1)',
          [names],
        );
        return found.length === names.length && found;
      },
      { what: `connections of ${names.join(', ')}` },
    );
    return Object.fromEntries(rows.map(({ name, ip_addr: address }) => [name, address]));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.ends[Symbol.asyncDispose]();
  }
}
