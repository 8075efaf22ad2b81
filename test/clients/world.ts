import { rm } from 'node:fs/promises';
import { WRITE_TOKEN, WITH_TOKENS } from '../support/access.js';
import { Ends } from '../support/ends.js';
import { FakeNode } from '../support/fake-node.js';
import { FaultyPostgres } from '../support/faulty-postgres.js';
import { freePort } from '../support/free-port.js';
import { databaseNamed } from '../support/on-database.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

const NODES = 12;
const MESSAGES = 130;
const CONNECTIONS = 4;

/** The node that has messages and several connections. */
export const PEER = 'QmClients00';

/** A built server with tokens and data. `await using` ends it. */
export class ClientsWorld implements AsyncDisposable {
  private constructor(
    private readonly ends: Ends,
    private readonly server: ServerProcess,
  ) {}

  static async start(): Promise<ClientsWorld> {
    const ends = new Ends();
    try {
      const postgres = ends.add(await FaultyPostgres.start());
      const dataDir = await tempDir('clients');
      ends.add({ [Symbol.asyncDispose]: () => rm(dataDir, { recursive: true, force: true }) });
      const environment = {
        ...WITH_TOKENS,
        DATABASE_URL: databaseNamed(postgres.url, 'clients'),
        DATA_DIR: dataDir,
        LOG_LEVEL: 'warn',
      };
      const server = ends.add(ServerProcess.spawn(await freePort(), environment));
      await server.isReady(90_000);
      const world = new ClientsWorld(ends, server);
      await world.fill();
      return world;
    } catch (error) {
      await ends[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return this.server.http;
  }

  /** What the server logged: warnings and errors. */
  get log(): string {
    return this.server.log;
  }

  /** A request that no generated client makes. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return await fetch(this.url + path, { headers: { Authorization: `Bearer ${WRITE_TOKEN}` }, ...init });
  }

  /** The JSON of a successful response. */
  async json<T>(path: string): Promise<T> {
    const response = await this.fetch(path);
    if (!response.ok) throw new Error(`GET ${path} returned ${response.status.toString()}.`);
    return (await response.json()) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ends[Symbol.asyncDispose]();
  }

  private async fill(): Promise<void> {
    for (let index = 0; index < NODES; index += 1) {
      const peerId = `QmClients${index.toString().padStart(2, '0')}`;
      for (let count = 0; count < (peerId === PEER ? CONNECTIONS : 1); count += 1) {
        const node = await FakeNode.connect(this.server.ws);
        await node.sendConnected({ network_id: peerId, name: `node ${index.toString()}` });
        if (peerId === PEER && count === 0) {
          for (let height = 0; height < MESSAGES; height += 1) {
            await node.sendV1({
              msg: 'block.import',
              height,
              best: `0x${height.toString(16)}`,
              origin: 'Own',
            });
          }
        }
        await node.close();
      }
    }
    await waitUntil(
      async () => {
        const nodes = await this.json<unknown[]>('/nodes');
        const connections = await this.json<unknown[]>(`/nodes/${PEER}/connections`);
        const counts = await this.json<{ qty: number }[]>(`/nodes/log_stats?peer_id=${PEER}`);
        const messages = counts.reduce((sum, { qty }) => sum + qty, 0);
        return (
          nodes.length === NODES && connections.length === CONNECTIONS && messages === MESSAGES + CONNECTIONS
        );
      },
      { what: 'the data', timeoutMs: 60_000 },
    );
  }
}
