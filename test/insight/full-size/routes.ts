import { freePort } from '../../support/free-port.js';
import { ServerProcess } from '../../support/server-process.js';
import { tempDir } from '../../support/temp-dir.js';
import type { Range } from './compare-blocks.js';

/** The routes of a server that does not aggregate. */
export class Routes implements AsyncDisposable {
  private constructor(private readonly server: ServerProcess) {}

  static async of(databaseUrl: string): Promise<Routes> {
    const environment = {
      DATABASE_URL: databaseUrl,
      DATA_DIR: await tempDir('insight'),
      INSIGHT_AGGREGATION: 'false',
    };
    return new Routes(await ServerProcess.ready(await freePort(), environment));
  }

  /** @throws if the response is no success */
  async get<T>(path: string, { from, to, ...more }: Range & Record<string, string | number>): Promise<T> {
    const query = new URLSearchParams({
      start_time: new Date(from).toISOString(),
      end_time: new Date(to).toISOString(),
      ...Object.fromEntries(Object.entries(more).map(([name, value]) => [name, value.toString()])),
    });
    const response = await fetch(`${this.server.http}${path}?${query.toString()}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.end('SIGTERM');
  }
}
