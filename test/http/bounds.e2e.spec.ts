import { Agent, get, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { onDatabase } from '../support/on-database.js';
import { RawSocket, upgradeRequest } from '../support/raw-socket.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const REFUSED = 'tetcore_http_connections_refused_total';

const httpServer = (server: TestServer): Server => server.server.app.getHttpServer();

const connections = (server: TestServer): Promise<number> =>
  new Promise((resolve, reject) =>
    httpServer(server).getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );

/** A node that sends all the while, and counts. `await using` stops it. */
class TalkingNode implements AsyncDisposable {
  private sent = 0;
  private readonly timer: NodeJS.Timeout;

  private constructor(readonly node: FakeNode) {
    this.timer = setInterval(() => {
      if (!node.isOpen) return;
      this.sent += 1;
      void node.sendV1({ msg: 'test.talk', number: this.sent });
    }, 10);
  }

  static async connect(server: TestServer): Promise<TalkingNode> {
    return new TalkingNode(await FakeNode.connect(server.ws));
  }

  /** @returns how many messages it has sent */
  async stop(): Promise<number> {
    clearInterval(this.timer);
    await this.node.close();
    return this.sent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function everythingIsStored(database: TestDatabase, sent: number): Promise<void> {
  await waitUntil(
    async () => {
      const [row] = await database.query<{ n: number }>(
        `SELECT count(DISTINCT logs->>'number')::int AS n FROM tetcore_logs WHERE msg = 'test.talk'`,
      );
      return row?.n === sent;
    },
    { what: `${sent.toString()} messages` },
  );
}

describe('a connection', () => {
  it('has 10 s for its headers, and 30 s for its request', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { HTTP_MAX_CONNECTIONS: '1000' });
    expect(httpServer(server)).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      maxConnections: 1_000,
    });
  });

  it('that does not complete its handshake is closed, without effect on nodes', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    await using talking = await TalkingNode.connect(server);
    httpServer(server).headersTimeout = 1_000;
    const mute = await Promise.all(Array.from({ length: 20 }, () => RawSocket.connect(server.http)));
    const slow = await Promise.all(Array.from({ length: 20 }, () => RawSocket.connect(server.http)));
    for (const raw of [...mute, ...slow]) raw.onEnd = () => undefined;
    const text = upgradeRequest('/');
    let written = 0;
    const timer = setInterval(() => {
      const letter = text[written];
      if (letter === undefined || written > text.length - 10) return;
      written += 1;
      for (const raw of slow) raw.write(letter);
    }, 50);
    try {
      await waitUntil(() => [...mute, ...slow].every((raw) => raw.text.includes('}')), {
        what: 'the answers',
        timeoutMs: 10_000,
      });
    } finally {
      clearInterval(timer);
    }
    for (const { text: answer } of [...mute, ...slow]) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
      expect(answer).toContain('application/problem+json');
    }
    // They hold on to their ends of the lines, and we to none of ours.
    await waitUntil(async () => (await connections(server)) === 1, { what: 'the end of their lines' });
    for (const { socket } of [...mute, ...slow]) socket.destroy();
    expect(Object.fromEntries(await server.metric(REFUSED))).toEqual({ 'reason="too_slow"': 40 });
    expect(talking.node.isOpen).toBe(true);
    await everythingIsStored(database, await talking.stop());
  });

  it('that floods with headers gets 431, without effect on nodes', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    await using talking = await TalkingNode.connect(server);
    const floods = [
      upgradeRequest('/', [`X: ${'x'.repeat(20_000)}`]),
      upgradeRequest('/', Array<string>(5_000).fill('abc: def')),
      upgradeRequest(`/${'x'.repeat(20_000)}`),
      `GET / HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(500_000)}`,
    ];
    for (const flood of floods) {
      const raws = await Promise.all(Array.from({ length: 10 }, () => RawSocket.connect(server.http)));
      for (const raw of raws) raw.write(flood);
      for (const raw of raws) {
        // A client that is still sending when it is disconnected may not receive the response.
        const answer = (await raw.ended).toString();
        if (flood.length < 100_000 || answer !== '') {
          expect(answer).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
        }
      }
    }
    expect(Object.fromEntries(await server.metric(REFUSED))).toEqual({
      'reason="headers_too_large"': floods.length * 10,
    });
    const large = await RawSocket.open(server.ws);
    large.socket.destroy();
    expect(talking.node.isOpen).toBe(true);
    await everythingIsStored(database, await talking.stop());
  });

  it('that is idle does not delay the shutdown of the server', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (path: string): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => get(server.http + path, { agent }, resolve).on('error', reject));
    // The response is sent after new connections are refused.
    const answer = await onDatabase(database.url, async (other) => {
      await other.query('BEGIN; LOCK TABLE peer_connections');
      const asked = ask('/nodes');
      await waitUntil(
        async () => (await database.query('SELECT FROM pg_locks WHERE NOT granted')).length > 0,
        { what: 'the request to wait' },
      );
      void server.stop();
      await waitUntil(() => !httpServer(server).listening, { what: 'the server to be closed' });
      await other.query('ROLLBACK');
      return await asked;
    });
    expect([answer.statusCode, await text(answer)]).toEqual([200, '[]']);
    // So that the client does not send its next request on a closed connection.
    expect(answer.headers.connection).toBe('close');
    const answeredAt = performance.now();
    await server.stop();
    expect(performance.now() - answeredAt).toBeLessThan(3_000);
    agent.destroy();
  });

  it('that does not use HTTP gets 400', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const garbage = ['\x16\x03\x01\x02\x00\x01', 'SSH-2.0-x\r\n', 'GET / HTTP/9.9\r\n\r\n', '\0\0\0\0'];
    for (const text of garbage) {
      const raw = await RawSocket.connect(server.http);
      raw.write(text);
      expect((await raw.ended).toString()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    }
    expect(Object.fromEntries(await server.metric(REFUSED))).toEqual({
      'reason="malformed"': garbage.length,
    });
  });

  it('above HTTP_MAX_CONNECTIONS is dropped and counted, and existing ones stay', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { HTTP_MAX_CONNECTIONS: '6' });
    await using talking = await TalkingNode.connect(server);
    const nodes: FakeNode[] = [];
    for (let more = 0; more < 5; more += 1) nodes.push(await FakeNode.connect(server.ws));
    await waitUntil(async () => (await connections(server)) === 6, { what: 'six connections' });
    for (let more = 0; more < 3; more += 1) {
      const raw = await RawSocket.connect(server.http);
      expect((await raw.ended).toString()).toBe('');
    }
    for (const node of nodes) await node.close();
    await waitUntil(async () => (await connections(server)) === 1, { what: 'room' });
    expect(Object.fromEntries(await server.metric(REFUSED))).toEqual({ 'reason="too_many"': 3 });
    expect(talking.node.isOpen).toBe(true);
    await everythingIsStored(database, await talking.stop());
  });
});

describe('idle connections', () => {
  it('are closed for new ones when the limit is reached', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { HTTP_MAX_CONNECTIONS: '6' });
    await using talking = await TalkingNode.connect(server);
    const idle: RawSocket[] = [];
    for (let count = 0; count < 20; count += 1) {
      idle.push(await RawSocket.connect(server.http));
      expect((await server.get('/health/ready')).status).toBe(200);
    }
    await (await FakeNode.connect(server.ws)).close();
    expect(talking.node.isOpen).toBe(true);
    const refused = await server.metric(REFUSED);
    expect(refused.get('reason="idle_evicted"')).toBeGreaterThanOrEqual(15);
    expect(refused.get('reason="too_many"')).toBeUndefined();
    for (const raw of idle) raw.socket.destroy();
    await everythingIsStored(database, await talking.stop());
  });
});

describe('a connection of METRICS_PORT', () => {
  it('has the same limits of time, size and protocol', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { METRICS_PORT: '0' });
    const mute = await RawSocket.connect(server.metricsHttp);
    mute.onEnd = () => undefined;
    for (const [text, status] of [
      ['SSH-2.0-x\r\n', '400 Bad Request'],
      [upgradeRequest('/metrics', [`X: ${'x'.repeat(20_000)}`]), '431 Request Header Fields Too Large'],
    ] as const) {
      const raw = await RawSocket.connect(server.metricsHttp);
      raw.write(text);
      const answer = (await raw.ended).toString();
      expect(answer.split('\r\n')[0]).toBe(`HTTP/1.1 ${status}`);
      expect(answer).toContain('application/problem+json');
    }
    await waitUntil(() => mute.text.includes('}'), { what: 'the end of its ten seconds', timeoutMs: 20_000 });
    expect(mute.text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    mute.socket.destroy();
    expect(Object.fromEntries(await server.metric(REFUSED))).toEqual({
      'reason="malformed"': 1,
      'reason="headers_too_large"': 1,
      'reason="too_slow"': 1,
    });
  });

  it('is accepted beside a hundred idle ones, and so on the other port', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { METRICS_PORT: '0' });
    await using talking = await TalkingNode.connect(server);
    const idle = await Promise.all(Array.from({ length: 103 }, () => RawSocket.connect(server.metricsHttp)));
    expect((await fetch(`${server.metricsHttp}/metrics`)).status).toBe(200);
    expect((await server.get('/health/ready')).status).toBe(200);
    await (await FakeNode.connect(server.ws)).close();
    for (const raw of idle) raw.socket.destroy();
    const refused = await waitUntil(() => server.metric(REFUSED), { what: 'room' });
    expect(refused.get('reason="idle_evicted"')).toBeGreaterThanOrEqual(3);
    await everythingIsStored(database, await talking.stop());
  });
});
