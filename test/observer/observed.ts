import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TestDatabase } from '../support/databases.js';
import { Ends } from '../support/ends.js';
import { freePort } from '../support/free-port.js';
import { FakeNode } from '../support/fake-node.js';
import { sumOf } from '../support/metrics.js';
import { ServerProcess } from '../support/server-process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

/** How exactly the beginning and the end of a gap are known: milliseconds. */
export const EXACT_MS = 1_000;

/** What a story has of its own: a database, a DATA_DIR, and what ends with it. */
export class ObservedStage implements AsyncDisposable {
  readonly ends = new Ends();
  dataDir = '';

  private constructor(readonly database: TestDatabase) {
    this.ends.add(database);
  }

  static async create(): Promise<ObservedStage> {
    const stage = new ObservedStage(await TestDatabase.create());
    stage.dataDir = await stage.folder();
    return stage;
  }

  /** Another DATA_DIR. */
  async folder(): Promise<string> {
    const path = await tempDir('observer');
    this.ends.add({ [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) });
    return path;
  }

  /** A connection to the database that can be cut. */
  async proxied(): Promise<TcpProxy> {
    const proxy = this.ends.add(new TcpProxy(await freePort(), this.database.url));
    await proxy.listen();
    return proxy;
  }

  /** A server that is started, and the moment from which it certainly accepts nodes. */
  async start(
    environment: Record<string, string> = {},
  ): Promise<{ server: ServerProcess; acceptingSince: number }> {
    const server = await this.spawn(environment);
    return { server, acceptingSince: await letIn(server) };
  }

  /** A server that is not ready yet. */
  async spawn(environment: Record<string, string> = {}): Promise<ServerProcess> {
    const settings = { DATABASE_URL: this.database.url, DATA_DIR: this.dataDir, ...environment };
    return this.ends.add(ServerProcess.spawn(await freePort(), settings));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ends[Symbol.asyncDispose]();
  }
}

/** A row of `observer_gaps`; times are milliseconds since the epoch. */
export interface StoredGap {
  collector: number;
  cause: string;
  began: number;
  ended: number | null;
}

export async function storedGaps(database: TestDatabase): Promise<StoredGap[]> {
  return await database.query<StoredGap>(
    `SELECT collector, cause, extract(epoch FROM began_at)::float8 * 1000 AS began,
            extract(epoch FROM ended_at)::float8 * 1000 AS ended
       FROM observer_gaps ORDER BY began_at`,
  );
}

/** The gap of a cause, once it is there and the condition holds. */
export async function gapOf(
  database: TestDatabase,
  cause: string,
  condition: (gap: StoredGap) => boolean = () => true,
  timeoutMs = 20_000,
): Promise<StoredGap> {
  return await waitUntil(
    async () => (await storedGaps(database)).find((gap) => gap.cause === cause && condition(gap)),
    { what: `a gap ${cause}`, timeoutMs, everyMs: 50 },
  );
}

/** Until when processes of a `DATA_DIR` say that they were there, by the database's clock: the latest. */
export async function lastHeartbeat(dataDir: string): Promise<number> {
  const root = join(dataDir, 'observer');
  const times = await Promise.all(
    (await readdir(root)).map(async (id) => {
      const text = await readFile(join(root, id, 'heartbeat.json'), 'utf8');
      return (JSON.parse(text) as { database_ms: number }).database_ms;
    }),
  );
  return Math.max(...times);
}

/** When the first node was let in. */
export async function letIn(server: ServerProcess): Promise<number> {
  await waitUntil(async () => await (await FakeNode.connect(server.ws)).close(), {
    what: 'the first node to be let in',
    timeoutMs: 60_000,
    everyMs: 20,
  });
  return Date.now();
}

export async function metricOf(server: ServerProcess, name: string): Promise<number> {
  return sumOf(await (await fetch(`${server.http}/metrics`)).text(), name);
}

/** Waits until the server reads from no socket, or from all again; when that was seen. */
export async function pausedIs(server: ServerProcess, paused: boolean, timeoutMs = 30_000): Promise<number> {
  await waitUntil(async () => (await metricOf(server, 'tetcore_sockets_paused')) === (paused ? 1 : 0), {
    what: paused ? 'sockets to be paused' : 'sockets to be read',
    timeoutMs,
    everyMs: 20,
  });
  return Date.now();
}

/** Nodes of two addresses, as a proxy says them. */
export async function nodesOfTwoAddresses(server: ServerProcess, count: number): Promise<FakeNode[]> {
  return await Promise.all(
    Array.from({ length: count }, (_, index) =>
      FakeNode.connect(server.ws, { headers: { 'X-Forwarded-For': `198.51.100.${(index % 2) + 1}` } }),
    ),
  );
}

/** Sends more than 4 MiB of messages, all of which wait. */
export async function flood(node: FakeNode): Promise<void> {
  const text = 'x'.repeat(100_000);
  for (let n = 0; n < 60; n += 1) await node.sendV1({ msg: 'x.large', n, text });
}
