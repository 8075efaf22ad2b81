import { once } from 'node:events';
import { createServer } from 'node:net';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode, HandshakeRefusedError } from '../support/fake-node.js';
import { frame, RawSocket } from '../support/raw-socket.js';
import { freePort } from '../support/free-port.js';
import { ServerProcess } from '../support/server-process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

/** A node that sends numbered messages until it sees the server's close frame. */
class BusyNode {
  readonly numbers: number[] = [];
  readonly ended: Promise<number>;
  private static next = 0;

  private constructor(readonly node: FakeNode) {
    this.ended = this.speak();
  }

  static async connect(url: string): Promise<BusyNode> {
    return new BusyNode(await FakeNode.connect(url));
  }

  private async speak(): Promise<number> {
    const isOpen = (): boolean => this.node.isOpen;
    while (isOpen()) {
      for (let burst = 0; burst < 20 && isOpen(); burst += 1) {
        const number = (BusyNode.next += 1);
        this.numbers.push(number);
        void this.node.sendV1({ msg: 'test.numbered', number }).catch(() => undefined);
      }
      await sleep(2);
    }
    return (await this.node.closed).code;
  }
}

async function numbersIn(database: TestDatabase): Promise<number[]> {
  const rows = await database.query<{ number: number }>(
    `SELECT (logs->>'number')::int AS number FROM tetcore_logs WHERE msg = 'test.numbered' ORDER BY 1`,
  );
  return rows.map(({ number }) => number);
}

const inOrder = (numbers: number[]): number[] => numbers.toSorted((a, b) => a - b);

/** What the process said that an operator must see, without what Node says of itself. */
const linesOf = (server: ServerProcess): string[] => server.log.trim().split('\n');

describe('the end of the server', () => {
  let database: TestDatabase;
  let dataDir: string;
  let environment: Record<string, string>;

  beforeEach(async () => {
    database = await TestDatabase.create();
    dataDir = await tempDir('shutdown');
    environment = { DATABASE_URL: database.url, DATA_DIR: dataDir, SHUTDOWN_TIMEOUT_S: '8' };
  });

  afterEach(async () => {
    await database[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s: nodes hear 1001, new ones are refused, and what was sent before the goodbye is stored',
    async (signal) => {
      await using server = await ServerProcess.ready(await freePort(), environment);
      // It never answers the close frame, and does not hold the end up beyond a quarter of the time.
      const stubborn = await RawSocket.open(server.ws);
      stubborn.onEnd = () => undefined;
      stubborn.write(frame('{"msg":"test.stubborn"}'));
      const nodes = await Promise.all(
        ['/', '/', '/audit', '/submit'].map((path) => BusyNode.connect(server.ws + path)),
      );
      await waitUntil(() => nodes.every(({ numbers }) => numbers.length > 100), { what: 'some messages' });
      const startedAt = performance.now();
      server.child.kill(signal);
      expect(await Promise.all(nodes.map(({ ended }) => ended))).toEqual([1001, 1001, 1001, 1001]);

      const late: unknown = await FakeNode.connect(server.ws).catch((error: unknown) => error);
      expect(late).toBeInstanceOf(HandshakeRefusedError);
      expect(late).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
      expect((await fetch(`${server.http}/health/ready`)).status).toBe(503);
      expect((await fetch(`${server.http}/health/live`)).status).toBe(200);

      expect(await server.exited, server.log).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(8_000);
      const sent = inOrder(nodes.flatMap(({ numbers }) => numbers));
      expect(await numbersIn(database)).toEqual(sent);
      const ends = await database.query(
        'SELECT DISTINCT end_reason, ended_at IS NULL AS open FROM peer_connections',
      );
      expect(ends).toEqual([{ end_reason: 'shutdown', open: false }]);
      stubborn.socket.destroy();
    },
  );

  it('is one shutdown for two signals at once, as from npm and a terminal', async () => {
    await using server = await ServerProcess.ready(await freePort(), { ...environment, JOURNAL_MODE: 'off' });
    const node = await BusyNode.connect(server.ws);
    await waitUntil(() => node.numbers.length > 100, { what: 'some messages' });
    server.child.kill('SIGINT');
    await waitUntil(() => server.log.includes('Stopping'), { what: 'the first signal to be seen' });
    server.child.kill('SIGINT');
    server.child.kill('SIGTERM');
    expect(await server.exited, server.log).toBe(0);
    expect(server.log.match(/Stopping/g)).toHaveLength(1);
    expect(await node.ended).toBe(1001);
    expect(await numbersIn(database)).toEqual(inOrder(node.numbers));
  });

  it.each(['always', 'overflow'])(
    'comes in time while the database is away, and the next start stores what was left (%s)',
    async (mode) => {
      await using proxy = new TcpProxy(await freePort(), database.url);
      await proxy.listen();
      const away = { ...environment, DATABASE_URL: proxy.url, JOURNAL_MODE: mode };
      await using server = await ServerProcess.ready(await freePort(), away);
      const node = await BusyNode.connect(server.ws);
      await waitUntil(() => node.numbers.length > 100, { what: 'some messages' });
      await proxy.cut();
      const before = node.numbers.length;
      await waitUntil(() => node.numbers.length > before + 500, { what: 'messages into the outage' });
      const startedAt = performance.now();
      expect(await server.end('SIGTERM'), server.log).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(8_000);
      expect(await node.ended).toBe(1001);

      await proxy.listen();
      await using next = await ServerProcess.ready(await freePort(), away);
      await waitUntil(async () => (await numbersIn(database)).length >= node.numbers.length, {
        what: 'what was left to be stored',
        timeoutMs: 15_000,
      });
      expect(await next.end('SIGTERM'), next.log).toBe(0);
      expect(await numbersIn(database)).toEqual(inOrder(node.numbers));
    },
  );

  it('stops immediately while it waits for the database', async () => {
    await using server = ServerProcess.spawn(await freePort(), {
      ...environment,
      DATABASE_URL: `postgres://nobody@127.0.0.1:${(await freePort()).toString()}/nothing`,
    });
    await waitUntil(async () => (await fetch(`${server.http}/health/live`)).ok, {
      what: 'the server to live',
      timeoutMs: 20_000,
    });
    const startedAt = performance.now();
    expect(await server.end('SIGTERM'), server.log).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it('does not wait for clients with incomplete requests', async () => {
    await using server = await ServerProcess.ready(await freePort(), {
      ...environment,
      SHUTDOWN_TIMEOUT_S: '4',
      JOURNAL_MODE: 'off',
    });
    const slow = await RawSocket.connect(server.http);
    slow.onEnd = () => undefined;
    slow.write('GET /nodes HTTP/1.1\r\nHost: local');
    const silent = await RawSocket.connect(server.http);
    silent.onEnd = () => undefined;
    const node = await BusyNode.connect(server.ws);
    await waitUntil(() => node.numbers.length > 100, { what: 'some messages' });
    expect(await server.end('SIGTERM'), server.log).toBe(0);
    expect(await numbersIn(database)).toEqual(inOrder(node.numbers));
    slow.socket.destroy();
    silent.socket.destroy();
  });
});

describe('a server that cannot start', () => {
  it('reports the invalid variable and its valid values in one line', async () => {
    for (const [name, value] of [
      ['PORT', 'eighty'],
      ['DB_BATCH_SIZE', '0'],
      ['JOURNAL_MODE', 'sometimes'],
      ['DATABASE_URL', 'mysql://root:secret@localhost/db'],
    ] as const) {
      await using server = ServerProcess.spawn(0, { [name]: value });
      expect(await server.exited).toBe(1);
      expect(linesOf(server)).toHaveLength(1);
      expect(server.log).toMatch(new RegExp(`${name} is .*, but must be `));
      expect(server.log).not.toContain('secret');
    }
  });

  it('reports that its port is in use', async () => {
    await using database = await TestDatabase.create();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    // Few, so that the limit of open files is no matter.
    const few = { TELEMETRY_MAX_CONNECTIONS: '100', HTTP_MAX_CONNECTIONS: '200' };
    await using server = ServerProcess.spawn(port, {
      DATABASE_URL: database.url,
      JOURNAL_MODE: 'off',
      ...few,
    });
    expect(await server.exited).toBe(1);
    // Before it is known, the server has said who may ask.
    expect(linesOf(server).filter((line) => !line.includes('[Access]'))).toHaveLength(1);
    expect(server.log).toContain(`Port ${port.toString()} (PORT) of 127.0.0.1 is used by `);
    other.close();
  });
});
