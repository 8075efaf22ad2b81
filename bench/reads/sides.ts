import { Agent, get } from 'node:http';
import pg from 'pg';
import { BenchServer } from '../support/bench-server.js';
import { cpuSeconds } from '../support/cpu.js';
import type { Data } from './data/build.js';
import type { ReadRequest } from './requests.js';

/** Who is asked. */
export interface Side extends AsyncDisposable {
  /** Asks and reads the whole answer. @returns the number of its rows, where that is to be known */
  ask: (request: ReadRequest, countRows?: boolean) => Promise<number>;
  /** CPU that the process in front of the database has used so far: seconds. */
  cpu: () => number;
}

/** This server through HTTP, by so many connections that are kept. */
export async function startOurs(url: string, data: Data, parallel: number): Promise<Side> {
  const server = await BenchServer.start(url);
  const agent = new Agent({ keepAlive: true, maxSockets: parallel });
  const ask = async (request: ReadRequest, countRows = false): Promise<number> => {
    const path = request.path(data);
    const { status, body } = await read(`${server.http}${path}`, agent, countRows);
    if (status !== 200) throw new Error(`${path} answers ${status.toString()}: ${body}`);
    return countRows ? (JSON.parse(body) as unknown[]).length : 0;
  };
  return {
    ask,
    cpu: () => cpuSeconds(server.pid),
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A body is kept where it is looked at only: this process shares the cores with the server. */
function read(url: string, agent: Agent, keep: boolean): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      const status = response.statusCode ?? 0;
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => {
        if (keep || status !== 200) parts.push(part);
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status, body: Buffer.concat(parts).toString() }));
    }).once('error', reject);
  });
}

/** The SQL of 0.1.4 by so many clients in this process, with no server in between. */
export async function startOld(url: string, data: Data, parallel: number): Promise<Side> {
  const pool = new pg.Pool({ connectionString: url, max: parallel, options: '-c TimeZone=UTC' });
  // As its server has, it has its connections before it is asked.
  const clients = await Promise.all(Array.from({ length: parallel }, () => pool.connect()));
  for (const client of clients) client.release();
  return {
    ask: async (request) => {
      const client = await pool.connect();
      try {
        return await request.old(client, data);
      } finally {
        client.release();
      }
    },
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
